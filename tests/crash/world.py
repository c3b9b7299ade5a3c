"""All that surrounds the functions: who calls them, who calls again, and until when."""

from __future__ import annotations

import contextlib
import json
import os
import random
from dataclasses import dataclass
from typing import Final, Self

import pytest
from botocore.retries.quota import RetryQuota
from moto import mock_aws

from finconnect.payments.aws import clients, dynamodb_ledger, items
from tests.crash.audit import Audit
from tests.crash.aws import Aws
from tests.crash.containers import Containers, FunctionFailed
from tests.crash.faults import Injector, Plan
from tests.crash.gateway import Gateway
from tests.crash.instant import Instant
from tests.crash.merchant import Merchant
from tests.crash.network import Network
from tests.crash.provider import STATUS_PATH, URL, Provider
from tests.crash.queues import CallbackQueue
from tests.crash.stream import Stream
from tests.fakes.table import TABLE, create_table
from tests.integration.functions.deployment import CREDENTIALS, TOKEN_REFRESH, URL_SECRET

RECONCILE_AFTER_MINUTES: Final = 15
_ROUNDS: Final = 120
_UNAVAILABLE: Final = 500


@dataclass
class World:
    """One stack, its provider and its merchant, from deployment to silence."""

    plan: Plan | None = None
    asks_for_status: bool = False
    shards: int = 2

    def __post_init__(self) -> None:
        self.instant = Instant()
        self.injector = Injector(self.plan)
        self.containers = Containers(self.injector)
        self.provider = Provider(self.deliver_next)
        self.network = Network(self.injector, self.containers, self.provider.exchange)
        self.audit = Audit(lambda: self.provider.machine.book, lambda: self.containers.running[-1])
        self.aws = Aws(self.injector, self.containers, self.audit.observe)
        self.merchant = Merchant(self.containers, self.audit)
        self._exit = contextlib.ExitStack()

    def __enter__(self) -> Self:
        monkeypatch = self._exit.enter_context(pytest.MonkeyPatch.context())
        self._exit.enter_context(mock_aws())
        self.instant.install(monkeypatch)
        self.provider.install(monkeypatch, self.network)
        self._exit.callback(self.provider.close)
        self.aws.install(monkeypatch)
        # Clients outlive their containers here, which a container's budget of retries must not.
        monkeypatch.setattr(RetryQuota, "acquire", lambda *_: True)
        # Each shard is one more equal call: a scenario that is not about them has only two.
        monkeypatch.setattr(items, "OPEN_SHARDS", self.shards)
        # What the functions draw (jitter, which shard comes first) is the same in every run.
        self._exit.callback(random.setstate, random.getstate())
        random.seed(0)
        monkeypatch.setattr(dynamodb_ledger, "_DICE", random.Random(0))  # noqa: S311 (repeatable)
        self._deploy(monkeypatch)
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def _deploy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        create_table(clients.dynamodb())
        secrets = {"credentials": CREDENTIALS, "token": {}, "url-secret": {"current": URL_SECRET}}
        for secret, content in secrets.items():
            clients.secretsmanager().create_secret(Name=secret, SecretString=json.dumps(content))
        clients.ssm().put_parameter(Name="/key", Value="{}", Type="String")
        topic = clients.sns().create_topic(Name="events")["TopicArn"]
        self.queue = CallbackQueue(self.containers, self.instant)
        self.stream = Stream(self.containers, topic)
        self.gateway = Gateway(self.containers, self.audit, self.queue.digests)
        for name, value in {
            "POWERTOOLS_SERVICE_NAME": "finconnect-crash",
            "POWERTOOLS_METRICS_NAMESPACE": "FinConnect",
            "POWERTOOLS_LOG_LEVEL": os.environ.get("CRASH_LOG", "CRITICAL"),
            "AZAMPAY_AUTHENTICATOR_URL": URL,
            "AZAMPAY_CHECKOUT_URL": URL,
            "AZAMPAY_STATUS_PATH": STATUS_PATH if self.asks_for_status else "",
            "CREDENTIALS_SECRET_ARN": "credentials",
            "TOKEN_SECRET_ARN": "token",
            "WEBHOOK_SECRET_ARN": "url-secret",
            "PUBLIC_KEY_PARAMETER": "/key",
            "TABLE_NAME": TABLE,
            "TOKEN_REFRESH_FUNCTION": TOKEN_REFRESH,
            "UNSIGNED_CALLBACKS": "reject",
            "EVENT_TOPIC_ARN": topic,
            "CALLBACK_QUEUE_URL": self.queue.url,
            "RECONCILE_AFTER_MINUTES": str(RECONCILE_AFTER_MINUTES),
        }.items():
            monkeypatch.setenv(name, value)

    # What AWS, the provider and the merchant do next.

    def deliver_next(self) -> bool:
        """Deliver the callback that waits longest; False if none does."""
        if not self.provider.mailbox.posts:
            return False
        self.provider.hand_over(self.gateway.post)
        return True

    def deliver_all(self) -> bool:
        """Deliver the callbacks that wait by now, not those that come of it."""
        self.provider.rest()
        waiting = len(self.provider.mailbox.posts)
        for _ in range(waiting):
            self.deliver_next()
        return waiting > 0

    def run_schedule(self, function: str) -> None:
        """EventBridge Scheduler: the function, and once more if that failed."""
        for _ in range(2):
            with contextlib.suppress(FunctionFailed):
                self.containers.invoke(function, {})
                return

    def settle(self) -> None:
        """Let everybody do what they would do next, until nothing moves any more."""
        was_silent = False
        for _ in range(_ROUNDS):
            moved = [
                self.merchant.repeat(),
                self.deliver_all(),
                self.stream.pump(),
                self.queue.poll(),
            ]
            if any(moved):
                was_silent = False
                self.instant.advance(seconds=2)
            elif was_silent:
                return
            else:
                was_silent = True
                self._let_time_pass()
        raise AssertionError("nothing comes to rest")

    def _let_time_pass(self) -> None:
        due = self.queue.next_due()
        self.instant.now = max(due or self.instant.now, self.instant.now)
        self.instant.advance(minutes=RECONCILE_AFTER_MINUTES + 1)
        self.merchant.takes_heart()
        self.run_schedule("token_refresh")
        self.run_schedule("reconciler")

    def recover(self) -> None:
        """The outage is over: dead letters are given back, what was given up is sent again."""
        self.injector.end_outage()
        self.queue.redrive()
        self.stream.takes_heart()
        self.merchant.starts_anew()
        self.provider.send_again(self.gateway.acknowledged())

    def was_unheard(self, reference: str) -> bool:
        """Whether nobody on our side can know what the provider said to this checkout.

        So it is where an answer did not arrive or was none, and where the function ended between
        its record and the answer: because its process died, or the ledger did not say what became
        of a write.
        """
        if any(not each.is_clear for each in self.network.checkouts if each.reference == reference):
            return True
        order = self.merchant.orders.get(reference)
        return order is not None and any(
            answer.left_created
            and (answer.status is None or (answer.status >= _UNAVAILABLE and self._ledger_failed))
            for answer in order.answers
        )

    @property
    def _ledger_failed(self) -> bool:
        return self.plan is not None and self.plan.call.name.startswith("dynamodb.")
