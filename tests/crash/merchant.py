"""The merchant, who posts a payment until the answer is final."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from tests.crash.audit import Audit
from tests.crash.containers import Containers, FunctionFailed
from tests.crash.ledger_view import PaymentView, ledger_view
from tools.api_events import proxy_event

_TRIES: Final = 4
_LATER_TRIES: Final = 3
_FINAL: Final = (200, 202, 400, 422)


@dataclass(slots=True)
class Answer:
    """What came of one POST; ``status`` is None where the function died on the way."""

    status: int | None
    body: dict[str, Any]
    left_created: bool

    @property
    def is_final(self) -> bool:
        """Whether the merchant is done with it."""
        return self.status in _FINAL


@dataclass(slots=True)
class Order:
    """A payment that the merchant wants, and what was answered so far."""

    payload: dict[str, Any]
    answers: list[Answer] = field(default_factory=list)
    tries_left: int = _TRIES
    later_tries_left: int = _LATER_TRIES

    @property
    def is_done(self) -> bool:
        """Whether the last answer was final."""
        return bool(self.answers) and self.answers[-1].is_final


@dataclass(slots=True)
class Merchant:
    """Posts payments, and the same again after no answer, 409 and 5xx."""

    containers: Containers
    audit: Audit
    orders: dict[str, Order] = field(default_factory=dict)

    def post(self, payload: dict[str, Any]) -> Answer:
        """Post a payment once."""
        reference = payload["externalId"]
        order = self.orders.setdefault(reference, Order(payload))
        event = proxy_event("POST", "/payments/azampay", body=(json.dumps(payload), False))
        try:
            raw = self.containers.invoke("payments", event)
        except FunctionFailed:
            raw = {"statusCode": None, "body": "{}"}
        payment = ledger_view().get(reference, PaymentView()).payment
        left_created = payment is not None and payment.status == "created"
        answer = Answer(raw["statusCode"], json.loads(raw["body"]), left_created)
        order.answers.append(answer)
        self._check(reference, answer)
        return answer

    def repeat(self) -> bool:
        """Post again what is not done; False if nothing was posted."""
        posted = False
        for order in self.orders.values():
            if not order.is_done and order.tries_left > 0:
                order.tries_left -= 1
                self.post(order.payload)
                posted = True
        return posted

    def takes_heart(self) -> None:
        """Some time has passed: worth another try, but not for ever."""
        for order in self.orders.values():
            if not order.is_done and order.later_tries_left > 0:
                order.later_tries_left -= 1
                order.tries_left = max(order.tries_left, 1)

    def starts_anew(self) -> None:
        """The outage is over: worth several tries."""
        for order in self.orders.values():
            order.tries_left, order.later_tries_left = _TRIES, _LATER_TRIES

    def _check(self, reference: str, answer: Answer) -> None:
        """What the merchant is told must be true by the provider's book."""
        prompts = self.audit.book().view(reference).prompts
        code = answer.body.get("code")
        if code in ("provider_unavailable", "provider_refused") and prompts:
            self.audit.broken.append(f"{reference}: answered {code}, and a prompt is out")
        if answer.status in (200, 202) and reference not in ledger_view():
            self.audit.broken.append(f"{reference}: answered {answer.status}, and not recorded")
