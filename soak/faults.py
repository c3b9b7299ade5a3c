"""AWS faults between the functions and the emulator, by microburst: a proxy that speaks AWS.

The functions reach the emulator through it, because their environment says so; everybody else
(Lambda itself, the stream, this program) goes to the emulator directly.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from local.environment import server_environment
from local.functions import reconfigure
from local.paths import PROJECT
from local.ports import LOOPBACK, choose_port
from local.processes import Supervisor
from local.stack import LocalStack

type Rule = dict[str, Any]

START_SECONDS = 30.0
FUNCTIONS = (
    "PaymentsFunction",
    "WebhookFunction",
    "TokenRefreshFunction",
    "ReconcilerFunction",
    "EventRelayFunction",
)


def _error(service: str, code: str, status: int, probability: float) -> Rule:
    error = {"code": code, "status": status}
    return {"service": service, "probability": probability, "error": error}


def _outage(service: str, operation: str, *, calls: int, every: int) -> Rule:
    """So many calls in a row fail, more than the SDK repeats: the function sees it."""
    return {
        "service": service,
        "operation": operation,
        "sequence": {"pass": every, "fail": calls},
        "error": {"code": "InternalServerError", "status": 500},
    }


def _lost_answer(service: str, operation: str, probability: float) -> Rule:
    """It happened, and the connection breaks before its answer is through."""
    return {
        "service": service,
        "operation": operation,
        "probability": probability,
        "response": {"abort_frac": 0.1},
    }


# Of every service that a function calls: throttling, failures, answers that get lost, and outages.
RULES: Sequence[Rule] = (
    _error("dynamodb", "ProvisionedThroughputExceededException", 400, 0.04),
    _error("dynamodb", "InternalServerError", 500, 0.03),
    _lost_answer("dynamodb", "TransactWriteItems", 0.04),
    _lost_answer("dynamodb", "PutItem", 0.04),
    _outage("dynamodb", "TransactWriteItems", calls=4, every=60),
    _outage("dynamodb", "GetItem", calls=4, every=90),
    _error("secretsmanager", "ThrottlingException", 400, 0.05),
    _outage("secretsmanager", "GetSecretValue", calls=4, every=30),
    _error("ssm", "ThrottlingException", 400, 0.05),
    _outage("ssm", "GetParameter", calls=4, every=30),
    _error("lambda", "TooManyRequestsException", 429, 0.1),
    _error("sns", "Throttling", 400, 0.1),
    _lost_answer("sns", "Publish", 0.05),
    _outage("sns", "Publish", calls=5, every=60),
    _error("sqs", "ThrottlingException", 400, 0.1),
)


class Faults:
    """The proxy, running: what it did, and a way to stop doing it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def begin(self, rules: Sequence[Rule] = RULES) -> None:
        """From now on faults happen. Raises httpx.HTTPStatusError."""
        self._client.post("/_microburst/rules", json=list(rules)).raise_for_status()

    def end(self) -> None:
        """From now on everything goes through. Raises httpx.HTTPStatusError."""
        self.begin(())

    def tally(self) -> Mapping[str, int]:
        """How many faults there were, by service and kind; and ``calls``, all that went by."""
        text = self._client.get("/_microburst/metrics").raise_for_status().text
        tally = Counter[str]()
        for line in text.splitlines():
            name, _, value = line.rpartition(" ")
            if name.startswith("microburst_faults_total"):
                tally[_label(name, "service")] += int(float(value))
            elif name.startswith("microburst_requests_total"):
                tally["calls"] += int(float(value))
        return tally

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return self._client.get("/_microburst/health").is_success
        except httpx.HTTPError:
            return False


def _label(name: str, label: str) -> str:
    return name.partition(f'{label}="')[2].partition('"')[0]


@contextmanager
def faults_between(stack: LocalStack) -> Iterator[Faults]:
    """The proxy between the functions of ``stack`` and the emulator, without any fault as yet.

    Raises StepFailed and StepTimedOut with its log.
    """
    supervisor = Supervisor()
    faults = Faults(f"http://{LOOPBACK}:{choose_port('unused')}")
    try:
        _start(supervisor, stack, faults)
        for function in FUNCTIONS:
            _point(stack, function, faults.url)
        yield faults
    finally:
        faults.close()
        supervisor.stop_all()


def _start(supervisor: Supervisor, stack: LocalStack, faults: Faults) -> None:
    port = faults.url.rpartition(":")[2]
    command = [sys.executable, "-m", "soak.proxy", "--host", LOOPBACK, "--port", port]
    process = supervisor.start(
        "microburst",
        [*command, "--upstream", stack.aws.endpoint, "--no-resign"],
        log=stack.folder.log("microburst"),
        environment=server_environment(os.environ, stack.folder.temporary),
        folder=PROJECT.root,
    )
    process.wait_until(faults.is_ready, seconds=START_SECONDS)


def _point(stack: LocalStack, function: str, endpoint: str) -> None:
    client = stack.aws.lambda_
    name = stack.physical_id(function)
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    reconfigure(
        stack.aws, name, Environment={"Variables": {**variables, "AWS_ENDPOINT_URL": endpoint}}
    )
