"""The use cases: how each is prepared, and the step that is run with every fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec import structs

from finconnect.payments.aws.items import OPEN_SHARDS
from simulator.behaviours import BY_NUMBER, EVENTS
from simulator.callbacks import build_callback
from tests.crash.faults import Fault
from tests.crash.network import CHECKOUT, CHECKOUT_PATH

if TYPE_CHECKING:
    from tests.crash.world import World

type Step = Callable[[World], object]

REFERENCE: Final = "order-1"
_NUMBER_OF: Final = {behaviour.name: number for number, behaviour in BY_NUMBER.items()}


def _nothing(_: World) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Story:
    """A use case. ``prepare`` runs without faults, ``act`` with one, ``later`` without again."""

    name: str
    prepare: Step
    act: Step
    later: Step = _nothing
    asks_for_status: bool = False
    shards: int = 2


def _pays(behaviour: str = "approve-at-once") -> Step:
    def step(world: World) -> None:
        world.merchant.post(
            {
                "accountNumber": _NUMBER_OF[behaviour],
                "amount": "1000",
                "currency": "TZS",
                "externalId": REFERENCE,
                "provider": "Mpesa",
            }
        )
        world.provider.rest()

    return step


def _in_turn(*steps: Step) -> Step:
    def step(world: World) -> None:
        for each in steps:
            each(world)

    return step


def _cold(world: World) -> None:
    world.containers.restart()


def _after(**delta: float) -> Step:
    return lambda world: world.instant.advance(**delta)


def _runs(function: str) -> Step:
    return lambda world: world.run_schedule(function)


def _fails(call: str, fault: Fault) -> Step:
    return lambda world: world.injector.let_fail(call, fault)


def _tokens_are_revoked(world: World) -> None:
    world.provider.machine.tokens.expire_all()


def _provider_is_down(world: World) -> None:
    world.provider.refuses = CHECKOUT_PATH


def _provider_is_back(world: World) -> None:
    world.provider.refuses = ""


def _key_is_out(world: World) -> None:
    world.provider.keyless = True


def _key_is_back(world: World) -> None:
    world.provider.keyless = False


def _key_is_replaced(world: World) -> None:
    world.provider.keys.rotate()


def _key_is_restored(world: World) -> None:
    world.provider.keys.restore()


def _delivered(world: World) -> None:
    """All callbacks, and those that come of them, but not those that are refused for ever."""
    for _ in range(5):
        world.deliver_all()


def _queue_is_read(world: World) -> None:
    world.queue.poll()


def _stream_is_read(world: World) -> None:
    world.stream.pump()


def _orphan_is_sent(world: World) -> None:
    """A callback for a reference that we never recorded, as another system's would be."""
    machine = world.provider.machine
    payment = machine.book.payment(REFERENCE)
    assert payment is not None
    orphan = structs.replace(payment, external_id="not-ours")
    callback = build_callback(orphan, EVENTS["success"], machine.keys)
    world.provider.starts(lambda: machine.courier.deliver(callback, retried=True))


_READY: Final = _in_turn(_runs("token_refresh"), _cold)


def _paid(behaviour: str = "approve-at-once") -> Step:
    """A payment whose callbacks wait to be delivered."""
    return _in_turn(_READY, _pays(behaviour), _cold)


_WAITING: Final = _in_turn(_key_is_out, _paid(), _delivered, _after(minutes=6), _cold)
"""A callback that waits in the queue for a key, and is due."""


def _died_at_checkout(fault: Fault) -> Step:
    return _in_turn(_READY, _fails(CHECKOUT, fault), _pays(), _delivered, _after(minutes=16), _cold)


STORIES: Final = tuple(
    Story(*each)
    for each in (
        # What payments does.
        ("payment", _READY, _pays()),
        ("payment-refused", _READY, _pays("invalid-vendor")),
        ("payment-unclear", _READY, _pays("html-502")),
        ("payment-repeated", _paid(), _pays()),
        (
            "payment-after-not-sent",
            _in_turn(_READY, _provider_is_down, _pays(), _provider_is_back, _cold),
            _pays(),
        ),
        ("payment-callback-first", _READY, _pays("callback-first")),
        ("payment-first-token", _nothing, _pays()),
        ("payment-token-out", _in_turn(_READY, _after(hours=2)), _pays()),
        ("payment-token-revoked", _in_turn(_READY, _tokens_are_revoked), _pays()),
        # What webhook does.
        ("callback", _paid(), _delivered),
        ("callback-failure", _paid("decline"), _delivered),
        ("callback-twice", _paid("duplicate-callback"), _delivered),
        ("callback-contradiction", _paid("success-then-failure"), _delivered),
        ("callback-mismatch", _paid("changed-amount"), _delivered),
        ("callback-unmatched", _in_turn(_paid("never-answers"), _orphan_is_sent), _delivered),
        ("callback-key-changed", _paid("rotated-key"), _delivered),
        ("callback-without-key", _in_turn(_key_is_out, _paid()), _delivered, _key_is_back),
        ("deferred", _in_turn(_WAITING, _key_is_back), _queue_is_read),
        ("deferred-without-key", _WAITING, _queue_is_read, _key_is_back),
        # Its key is no longer to be had, so it looks forged: until somebody gives the key back.
        (
            "deferred-key-replaced",
            _in_turn(_WAITING, _key_is_replaced, _key_is_back),
            _queue_is_read,
            _key_is_restored,
        ),
        # What event_relay does.
        ("relay", _in_turn(_paid("success-then-failure"), _delivered, _cold), _stream_is_read),
        # What token_refresh does.
        ("refresh-first", _nothing, _runs("token_refresh")),
        ("refresh-token", _in_turn(_READY, _after(minutes=40)), _runs("token_refresh")),
        ("refresh-key", _in_turn(_READY, _after(hours=25)), _runs("token_refresh")),
        # What reconciler does.
        (
            "reconcile",
            _in_turn(_paid("never-answers"), _after(minutes=16)),
            _runs("reconciler"),
            _nothing,
            False,
            OPEN_SHARDS,
        ),
        ("reconcile-created", _died_at_checkout(Fault.DIES_BEFORE), _runs("reconciler")),
        ("reconcile-held", _died_at_checkout(Fault.DIES_AFTER), _runs("reconciler")),
        (
            "reconcile-asks",
            _in_turn(_paid("unsigned-callback"), _delivered, _after(minutes=16)),
            _runs("reconciler"),
            _nothing,
            True,
        ),
    )
)
BY_NAME: Final = {story.name: story for story in STORIES}
