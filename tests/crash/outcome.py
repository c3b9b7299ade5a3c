"""How a scenario ended, and whether the faultless run and the facts allow it to end so.

A fault may change the end in one way only: where nobody could hear what the provider said to a
checkout, the payment may be ``unknown``, and where the provider's book shows no prompt at all, it
must be, and somebody must have been told of its silence.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from finconnect.payments.aws import clients
from finconnect.payments.model import Disposition, Payment, Status
from finconnect.providers.base import CallbackOutcome
from tests.crash.audit import SAYS_NOT_PROMPTED
from tests.crash.ledger_view import PaymentView, ledger_view

if TYPE_CHECKING:
    from tests.crash.world import World

_PASSING: Final = ("payment.pending", "payment.unknown", "payment.unresolved")
_TO_LOOK_AT: Final = (Disposition.MISMATCH, Disposition.CONFLICT, Disposition.UNMATCHED)


@dataclass(frozen=True, slots=True)
class Ending:
    """What must be the same whatever happened on the way."""

    prompts: int
    status: Status | None
    conflicted: bool
    callbacks: frozenset[str]
    to_look_at: Counter[Disposition]
    events: Counter[str]
    passing: Counter[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All endings by reference, and for which of them no clear answer could be heard."""

    endings: Mapping[str, Ending]
    unheard: frozenset[str]


def outcome_of(world: World) -> Outcome:
    """How it ended."""
    endings = {
        reference: _ending(view, len(world.provider.machine.book.view(reference).prompts))
        for reference, view in ledger_view().items()
    }
    return Outcome(endings, frozenset(filter(world.was_unheard, endings)))


def differences(expected: Outcome, actual: Outcome) -> Iterable[str]:
    """What ended differently and may not."""
    if {*expected.endings} != {*actual.endings}:
        yield f"references {sorted(actual.endings)}, expected {sorted(expected.endings)}"
        return
    for reference, wanted in expected.endings.items():
        found = actual.endings[reference]
        compare = _excused if reference in actual.unheard else _differing
        yield from (f"{reference}: {text}" for text in compare(wanted, found))


def _differing(wanted: Ending, found: Ending) -> Iterable[str]:
    if wanted.passing["payment.pending"] != found.passing["payment.pending"]:
        yield f"told {dict(found.passing)}, expected {dict(wanted.passing)}"
    if wanted.passing["payment.unknown"] != found.passing["payment.unknown"]:
        yield f"told {dict(found.passing)}, expected {dict(wanted.passing)}"
    if wanted.status is not found.status:
        yield f"ended {found.status}, expected {wanted.status}"
    yield from _otherwise_differing(wanted, found)


def _excused(wanted: Ending, found: Ending) -> Iterable[str]:
    """The provider's word on the checkout was not heard: what may follow from that."""
    if found.prompts != wanted.prompts:
        if found.prompts or found.status is not Status.UNKNOWN:
            yield f"ended {found.status} with {found.prompts} prompts"
        return
    allowed = {wanted.status}
    if wanted.status in (Status.PENDING, *SAYS_NOT_PROMPTED):
        allowed.add(Status.UNKNOWN)
    if found.status not in allowed:
        yield f"ended {found.status}, expected {sorted(filter(None, allowed))}"
    if found.status is wanted.status or found.callbacks:
        yield from _otherwise_differing(wanted, found)


def _otherwise_differing(wanted: Ending, found: Ending) -> Iterable[str]:
    for name in ("prompts", "conflicted", "callbacks", "to_look_at", "events"):
        one, other = getattr(wanted, name), getattr(found, name)
        if one != other:
            yield f"{name}: {other}, expected {one}"


def _ending(view: PaymentView, prompts: int) -> Ending:
    payment = view.payment
    types = Counter(str(event.type) for event in view.events.values())
    status = payment.status if payment else None
    if status is Status.SUCCEEDED:
        # A success that came second has overtaken it: whether it was told depends on the order.
        types.pop("payment.failed", None)
    return Ending(
        prompts=prompts,
        status=status,
        conflicted=payment.conflicted if payment else False,
        callbacks=frozenset(view.callbacks),
        to_look_at=Counter(
            kept.disposition for kept in view.callbacks.values() if kept.disposition in _TO_LOOK_AT
        ),
        events=Counter({each: count for each, count in types.items() if each not in _PASSING}),
        passing=Counter({each: count for each, count in types.items() if each in _PASSING}),
    )


def unsafe(world: World) -> Iterable[str]:
    """What must hold at any time, also in the middle of an outage."""
    yield from world.audit.broken
    outbox = {
        event.id: event.envelope
        for view in ledger_view().values()
        for event in view.events.values()
    }
    for message in world.stream.published():
        if outbox.get(message["id"]) is None or json.loads(outbox[message["id"]]) != message:
            yield f"published what is not in the outbox: {message['id']} {message['type']}"


def unfinished(world: World) -> Iterable[str]:
    """What must be done once everything was delivered again."""
    published = {message["id"] for message in world.stream.published()}
    for reference, view in ledger_view().items():
        silent = [event.type for event in view.events.values() if event.id not in published]
        yield from (f"{reference}: {kind} was never published" for kind in silent)
        if view.payment is not None:
            yield from _undecided(world, reference, view.payment, view)
    if world.queue.digests():
        yield f"{len(world.queue.digests())} callbacks still wait"
    yield from (
        f"{reference}: the merchant has no final answer, but {order.answers[-1].status}"
        for reference, order in world.merchant.orders.items()
        if not order.is_done
    )
    yield from _not_fresh(world)


def _undecided(world: World, reference: str, payment: Payment, view: PaymentView) -> Iterable[str]:
    held = sum(kept.disposition is Disposition.HELD for kept in view.callbacks.values())
    if held or payment.held or payment.status is Status.CREATED:
        yield f"{reference}: {payment.status} with {held} callbacks held"
    if payment.conflicted is not _is_contradictory(world, reference, view):
        yield f"{reference}: conflicted is {payment.conflicted}, and the facts say otherwise"
    if payment.status.is_open and not payment.unresolved:
        yield f"{reference}: {payment.status}, and nobody was told of the silence"


def _is_contradictory(world: World, reference: str, view: PaymentView) -> bool:
    """Whether the provider said both, or said success after it had said that nobody was asked."""
    said = {
        kept.callback.outcome
        for kept in view.callbacks.values()
        if kept.disposition is not Disposition.MISMATCH
    }
    order = world.merchant.orders.get(reference)
    refused = order is not None and any(
        answer.body.get("code") == "provider_refused" for answer in order.answers
    )
    has_failed = CallbackOutcome.FAILED in said or refused
    return CallbackOutcome.SUCCEEDED in said and has_failed


def _not_fresh(world: World) -> Iterable[str]:
    machine = world.provider.machine
    secret = clients.secretsmanager().get_secret_value(SecretId="token")["SecretString"]
    if not machine.tokens.is_valid(json.loads(secret).get("access_token", "")):
        yield "the stored token is not valid"
    parameter = clients.ssm().get_parameter(Name="/key")["Parameter"]["Value"]
    if json.loads(parameter).get("current") != machine.keys.public_pem:
        yield "the stored key is not the provider's"
