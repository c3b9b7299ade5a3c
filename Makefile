# Everything is installed into this folder (.venv, .tools) by the targets that need it.
# On a fresh machine `make run` and `make test` need Python 3 (any from 3.9) and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON_BIN := .venv/bin/python
UV := .tools/bootstrap/bin/uv
# `sam build` wants a python3.13 with pip on the PATH; sam's own environment has both.
WITH_SAM := PATH="$(CURDIR)/.tools/sam/bin:$$PATH"
SOURCES := functions layers/provider local ops simulator tests tools

# sam reports nothing to anyone, and keeps its own notes in the project.
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(CURDIR)/.tools/sam-state
export PYTHONUNBUFFERED := 1

LOCK := pip compile --universal --generate-hashes --quiet \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

##@ Everyday

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: install
install: ## Install the tools and the tests' packages (the other targets do it too)
	@sh tools/bootstrap.sh dev sam

.PHONY: run
run: install ## Start the local stack, send one payment, show its event (ONCE=1: then exit)
	@$(WITH_SAM) $(PYTHON_BIN) -m local.run $(if $(ONCE),--once) $(ARGS)

.PHONY: test
test: install ## Run every check and every test, the cheap ones first
	@$(PYTHON_BIN) -m tools.run_suites

.PHONY: format
format: dev ## Format the code and repair what can be repaired safely
	@$(PYTHON_BIN) -m ruff format $(SOURCES)
	@$(PYTHON_BIN) -m ruff check --fix-only $(SOURCES)

##@ Checks

.PHONY: lint
lint: dev ## Check format, code rules (the security rules are among them) and registry hosts
	@$(PYTHON_BIN) -m ruff format --check $(SOURCES)
	@$(PYTHON_BIN) -m ruff check $(SOURCES)
	@$(PYTHON_BIN) -m tools.check_hosts

.PHONY: security
security: dev ## Check the security rules alone
	@$(PYTHON_BIN) -m ruff check --select S $(SOURCES)

.PHONY: types
types: dev ## Check the types, strictly
	@$(PYTHON_BIN) -m mypy

##@ Tests (ARGS="-k name" goes to pytest)

.PHONY: unit
unit: dev openssl ## Run the unit tests; no sockets
	@$(PYTHON_BIN) -m pytest tests/unit $(ARGS)

.PHONY: template
template: install ## Check the template: cfn-lint, sam validate, and the house rules
	@$(PYTHON_BIN) .venv/bin/cfn-lint template.yaml
	@$(WITH_SAM) sam validate --lint --region us-east-1
	@$(PYTHON_BIN) -m pytest tests/template $(ARGS)

.PHONY: integration
integration: dev openssl ## Run the functions against AWS as moto imitates it
	@$(PYTHON_BIN) -m pytest tests/integration $(ARGS)

.PHONY: e2e
e2e: install openssl ## Deploy to the local stack and send payments through it
	@$(WITH_SAM) $(PYTHON_BIN) -m pytest tests/e2e $(ARGS)

##@ Building

.PHONY: build
build: install ## Build the stack for `sam deploy`
	@$(WITH_SAM) sam build $(ARGS)

.PHONY: lock
lock: install ## Pin the packages anew after a change of a .in file (UPGRADE=1: the newest)
	@$(UV) $(LOCK) --python-version 3.9 requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(UV) $(LOCK) --python-version 3.13 layers/provider/requirements.in -o layers/provider/requirements.txt
	@$(UV) $(LOCK) --python-version 3.13 requirements/dev.in -o requirements/dev.txt
	@$(UV) $(LOCK) --python-version 3.13 requirements/sam.in -o requirements/sam.txt

.PHONY: clean
clean: ## Remove the build outputs, the caches and the installed tools
	rm -rf .aws-sam .hypothesis .local .mypy_cache .pytest_cache .ruff_cache .tools .venv
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Not in the list: what the targets above ask for.

.PHONY: dev openssl
dev:
	@sh tools/bootstrap.sh dev

openssl:
	@sh tools/bootstrap.sh openssl
