"""API Gateway between the provider and the webhook, and a list of all that was acknowledged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests.crash.audit import Audit
from tests.crash.containers import Containers, FunctionFailed
from tests.crash.ledger_view import ledger_view
from tools.api_events import proxy_event


@dataclass(frozen=True, slots=True)
class Delivery:
    """A callback that was delivered once, and how it was answered."""

    digest: str
    status: int


@dataclass(slots=True)
class Gateway:
    """Hands callbacks to the webhook. ``waiting`` are the digests in the queues."""

    containers: Containers
    audit: Audit
    waiting: Callable[[], set[str]]
    deliveries: list[Delivery] = field(default_factory=list)

    def post(self, request: httpx.Request) -> int:
        """Deliver a callback; returns the status, 502 where the function gave no answer."""
        body = request.read()
        secret = request.url.path.rsplit("/", 1)[-1]
        event = proxy_event(
            "POST", "/webhooks/azampay/{secret}", {"secret": secret}, body=(body.decode(), False)
        )
        try:
            status = int(self.containers.invoke("webhook", event)["statusCode"])
        except FunctionFailed:
            status = httpx.codes.BAD_GATEWAY
        delivery = Delivery(hashlib.sha256(body).hexdigest(), status)
        self.deliveries.append(delivery)
        self._check_kept(delivery)
        return status

    def acknowledged(self) -> set[str]:
        """The callbacks that got a 2xx."""
        return {each.digest for each in self.deliveries if httpx.codes.is_success(each.status)}

    def check_all_kept(self) -> None:
        """Look again for every callback that was ever acknowledged."""
        for delivery in self.deliveries:
            self._check_kept(delivery)

    def _check_kept(self, delivery: Delivery) -> None:
        """A callback that was answered 2xx is in the ledger or in a queue, from then on."""
        if not httpx.codes.is_success(delivery.status):
            return
        inbox = {digest for view in ledger_view().values() for digest in view.callbacks}
        if delivery.digest not in inbox | self.waiting():
            self.audit.broken.append(f"acknowledged and lost: callback {delivery.digest[:12]}")
