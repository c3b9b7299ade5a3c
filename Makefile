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
# The commands for a running stack read its ledger with the layer's own code.
WITH_LAYER := PYTHONPATH=layers/provider
# --name=value, if the variable has one: any character that an externalId may hold, as it is.
option = $(if $(value $(2)),--$(1)='$(subst ','\'',$(value $(2)))')
SOURCES := benchmarks dashboard examples/python functions fuzz layers/provider local ops simulator soak tests tools

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
run: install ## Start the local stack, open its page, send a payment (ONCE=1: then exit; OPEN=0)
	@$(WITH_SAM) $(PYTHON_BIN) -m local.run $(if $(ONCE),--once) $(ARGS)

.PHONY: trigger
trigger: dev ## Send a callback: EVENT= TAMPER= TIMES= REF= URL= STACK= SEED= (docs/simulator.md)
	@$(WITH_LAYER) $(PYTHON_BIN) -m local.trigger $(call option,event,EVENT) \
		$(call option,tamper,TAMPER) $(call option,times,TIMES) $(call option,ref,REF) \
		$(call option,url,URL) $(call option,stack,STACK) $(call option,seed,SEED)

.PHONY: listen
listen: dev ## Print each event as it arrives (STACK=name: of a deployed stack; FULL=1: all of it)
	@$(WITH_LAYER) $(PYTHON_BIN) -m local.listen $(if $(STACK),--stack '$(STACK)') \
		$(if $(FULL),--full)

# For the local stack: what `make run` prints first points these at it, with STACK=finconnect-local.
OPS = $(WITH_LAYER) $(PYTHON_BIN) -m ops --stack '$(or $(STACK),finconnect-sandbox)'

.PHONY: history
history: dev ## Print all that happened to a payment (ID=externalId STACK=name)
	@$(OPS) history '$(ID)'

.PHONY: republish
republish: dev ## Publish events again, same ids (ID=externalId, or FROM=time TO=time; STACK=name)
	@$(OPS) republish $(if $(ID),--payment '$(ID)') $(if $(FROM),--from '$(FROM)') \
		$(if $(TO),--to '$(TO)')

.PHONY: redrive
redrive: dev ## Give dead letters another chance (QUEUE=callbacks|reconciler|relay|token-refresh STACK=)
	@$(OPS) redrive '$(QUEUE)'

.PHONY: rotate
rotate: dev ## Replace a secret (WHAT="webhook-secret status" STACK=name; docs/rotation.md)
	@$(OPS) rotate $(WHAT)

.PHONY: dashboard
dashboard: install charts ## Draw the dashboard (MINUTES=15 OUT=file.png STACK=name; TRAFFIC=8: a stack of its own)
	@$(WITH_SAM) $(WITH_LAYER) $(PYTHON_BIN) -m dashboard $(if $(STACK),--stack '$(STACK)') \
		$(if $(MINUTES),--minutes '$(MINUTES)') $(if $(TRAFFIC),--traffic '$(TRAFFIC)') \
		$(if $(OUT),--out '$(OUT)')

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
security: ## Check code, template and API for security: ruff's rules, cfn-lint, checkov, the SBOM
	@sh tools/bootstrap.sh dev security
	@$(PYTHON_BIN) -m ruff check --select S $(SOURCES)
	@$(PYTHON_BIN) .venv/bin/cfn-lint template.yaml
	@.tools/security/bin/checkov --config-file .checkov.yaml
	@$(PYTHON_BIN) -m pytest tests/security $(ARGS)

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
integration: dev openssl charts ## Run the functions against AWS as moto imitates it
	@$(PYTHON_BIN) -m pytest tests/integration $(ARGS)

.PHONY: crash
crash: dev ## Break each external call of each use case in each way; play callbacks in any order
	@$(PYTHON_BIN) -m pytest tests/crash $(ARGS)

.PHONY: hostile
hostile: dev ## Send the webhook hostile callbacks, one defect each, then 20,000 generated ones
	@$(PYTHON_BIN) -m pytest tests/hostile $(ARGS)

# A file that was kept is named after its target.
FUZZ_TARGETS := $(if $(FILE),$(firstword $(subst -, ,$(notdir $(FILE)))),$(or $(TARGET),callback webhook))

.PHONY: fuzz
fuzz: ## Fuzz the webhook, guided by coverage (SECONDS=60 TARGET=webhook FILE=fuzz/crashes/...)
	@sh tools/bootstrap.sh fuzz
	@for target in $(FUZZ_TARGETS); do PYTHONPATH=.:layers/provider .tools/fuzz/bin/python -m fuzz \
		$$target --seconds $(or $(SECONDS),60) $(FILE) || exit 1; done

.PHONY: e2e
e2e: install openssl ## Deploy to the local stack and send payments through it
	@sh tools/bootstrap.sh api
	@sh tools/php.sh
	@$(WITH_SAM) $(PYTHON_BIN) -m pytest tests/e2e $(ARGS)

.PHONY: browser
browser: install openssl ## Try the simulator's page in a real Chromium
	@sh tools/bootstrap.sh api
	@sh tools/chromium.sh
	@$(WITH_SAM) $(PYTHON_BIN) -m pytest tests/browser $(ARGS)

.PHONY: screenshots
screenshots: install ## Take the documentation's pictures of the simulator's page anew
	@sh tools/chromium.sh
	@$(PYTHON_BIN) -m tools.screenshots

.PHONY: soak
soak: install ## Send payments under AWS faults, then compare all books (COUNT=500 SEED=a number)
	@$(WITH_SAM) $(WITH_LAYER) $(PYTHON_BIN) -m soak --count $(or $(COUNT),500) \
		$(if $(SEED),--seed $(SEED))

.PHONY: growth
growth: dev ## Measure what a payment costs DynamoDB in a ledger of 10, 1,000 and 100,000 (SIZES=)
	@$(WITH_LAYER) $(PYTHON_BIN) -m benchmarks.growth $(if $(SIZES),--sizes $(SIZES))

.PHONY: api-check
api-check: ## Hold the running local stack against openapi.yaml, with generated requests
	@$(MAKE) e2e ARGS="-k test_api_description"

.PHONY: examples
examples: dev ## Check the types of the examples: Python by mypy, JavaScript by tsc, PHP's syntax
	@sh tools/bootstrap.sh api
	@sh tools/php.sh
	@$(PYTHON_BIN) -m mypy
	@cd examples/javascript && PATH="$(CURDIR)/.tools/api/bin:$$PATH" npm ci --silent --no-audit \
		--no-fund && PATH="$(CURDIR)/.tools/api/bin:$$PATH" npm run --silent types
	@for file in examples/php/*.php; do php -l "$$file" >/dev/null || exit 1; done

.PHONY: cost
cost: $(if $(MEASURE),install,dev) ## Compute the cost of a stack into docs/cost.md (MEASURE=1: measure anew)
	@$(WITH_SAM) $(WITH_LAYER) $(PYTHON_BIN) -m benchmarks.cost $(if $(MEASURE),--measure)

##@ Building

.PHONY: api-page
api-page: dev ## Render openapi.yaml as one HTML file that needs nothing from anywhere (FILE=)
	@sh tools/bootstrap.sh api
	@.tools/api/bin/python -m tools.api_page $(or $(FILE),build/api.html)

.PHONY: build
build: install ## Build the stack for `sam deploy`
	@$(WITH_SAM) sam build $(ARGS)

.PHONY: sbom
sbom: ## Write the layer's bill of materials, CycloneDX (OUT=.sbom/layer.cdx.json)
	@sh tools/bootstrap.sh dev security
	@$(PYTHON_BIN) -m tools.sbom $(if $(OUT),--output '$(OUT)')

.PHONY: lock
lock: install ## Pin the packages anew after a change of a .in file (UPGRADE=1: the newest)
	@$(UV) $(LOCK) --python-version 3.9 requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(UV) $(LOCK) --python-version 3.13 layers/provider/requirements.in -o layers/provider/requirements.txt
	@$(UV) $(LOCK) --python-version 3.13 requirements/dev.in -o requirements/dev.txt
	@$(UV) $(LOCK) --python-version 3.13 requirements/sam.in -o requirements/sam.txt
	@$(UV) $(LOCK) --python-version 3.13 requirements/fuzz.in -o requirements/fuzz.txt
	@$(UV) $(LOCK) --python-version 3.13 requirements/security.in -o requirements/security.txt
	@$(UV) $(LOCK) --python-version 3.13 requirements/api.in -o requirements/api.txt
	@$(UV) $(LOCK) --python-version 3.13 requirements/charts.in -o requirements/charts.txt

.PHONY: clean
clean: ## Remove the build outputs, the caches and the installed tools
	rm -rf .aws-sam .fuzz .hypothesis .local .mypy_cache .sbom .pytest_cache .ruff_cache .tools .venv
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Not in the list: what the targets above ask for.

.PHONY: dev openssl charts
dev:
	@sh tools/bootstrap.sh dev

openssl:
	@sh tools/bootstrap.sh openssl

charts:
	@sh tools/bootstrap.sh charts
