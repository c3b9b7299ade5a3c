"""Which versions are read, which are refused, and that a change never hides a newer one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from finconnect.payments import schema
from finconnect.payments.aws import items
from finconnect.payments.errors import LedgerUnavailable, NotUnderstood
from finconnect.payments.model import Disposition, Kept
from tests.fakes.builders import a_payment, a_received, an_event

type Item = dict[str, Any]
type Reader = Callable[[Item], object]

KEPT = Kept(a_received(), Disposition.HELD)
KINDS: dict[str, tuple[Item, Reader, object]] = {
    "payment": (items.payment_item(a_payment()), items.read_payment, a_payment()),
    "callback": (items.callback_item(KEPT), items.read_callback, KEPT),
    "event": (items.event_item(an_event()), items.read_event, an_event()),
}


@pytest.fixture(params=KINDS.values(), ids=list(KINDS))
def kind(request: pytest.FixtureRequest) -> tuple[Item, Reader, object]:
    item, reader, meant = request.param
    return dict(item), reader, meant


def test_what_is_written_can_be_read_by_the_release_before() -> None:
    # UNDERSTOOD is raised one release ahead of WRITTEN, and no more than that.
    assert schema.WRITTEN <= schema.UNDERSTOOD <= schema.WRITTEN + 1


def test_every_item_says_its_version(kind: tuple[Item, Reader, object]) -> None:
    item, reader, meant = kind
    assert item["schema"] == {"N": str(schema.WRITTEN)}
    assert reader(item) == meant


def test_an_item_without_a_version_is_one_of_the_first(kind: tuple[Item, Reader, object]) -> None:
    item, reader, meant = kind
    del item["schema"]
    assert reader(item) == meant


def test_values_of_a_newer_release_that_can_be_ignored_are(
    kind: tuple[Item, Reader, object],
) -> None:
    item, reader, meant = kind
    assert reader(item | {"added_later": {"S": "x"}}) == meant


@pytest.mark.parametrize(
    "version",
    [{"N": "2"}, {"N": "99"}, {"N": "0"}, {"N": "1.5"}, {"S": "1"}, {"BOOL": True}, {"NULL": True}],
)
def test_any_other_version_is_refused(kind: tuple[Item, Reader, object], version: Item) -> None:
    item, reader, _ = kind
    with pytest.raises(NotUnderstood, match="is not understood"):
        reader(item | {"schema": version})


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("payment", "status", {"S": "refunded"}),
        ("payment", "verification", {"S": "by-pigeon"}),
        ("payment", "created_at", {"S": "yesterday"}),
        ("callback", "disposition", {"S": "refunding"}),
        ("callback", "outcome", {"S": "partly"}),
        ("callback", "amount", {"S": "much"}),
        ("event", "time", {"S": "yesterday"}),
    ],
)
def test_a_word_that_is_not_known_is_refused_and_not_quoted(
    name: str, field: str, value: Item
) -> None:
    item, reader, _ = KINDS[name]
    with pytest.raises(NotUnderstood) as caught:
        reader(item | {field: value})
    assert next(iter(value.values())) not in str(caught.value)


def test_the_type_of_an_event_is_carried_and_not_weighed() -> None:
    item, _, _ = KINDS["event"]
    event = items.read_event(item | {"type": {"S": "payment.refunded"}})
    assert items.event_item(event)["type"] == {"S": "payment.refunded"}


def test_what_is_refused_is_an_error_that_is_tried_again() -> None:
    # Whoever handles a ledger that does not answer handles this too: 503, the queue, the next run.
    assert issubclass(NotUnderstood, LedgerUnavailable)


@pytest.mark.parametrize(("read", "written"), [(1, 1), (2, 2)])
def test_a_change_never_lowers_the_version(
    monkeypatch: pytest.MonkeyPatch, read: int, written: int
) -> None:
    monkeypatch.setattr(schema, "UNDERSTOOD", 2)
    item = items.payment_item(a_payment()) | {"schema": {"N": str(read)}}
    loaded = items.read_payment(item)
    assert items.changing_values(replace(loaded, version=2))["schema"] == written


def test_a_change_by_newer_code_raises_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "WRITTEN", 2)
    assert items.changing_values(a_payment())["schema"] == 2


def test_the_version_is_compared_as_a_number() -> None:
    schema.require_understood(Decimal(1))
    with pytest.raises(NotUnderstood):
        schema.require_understood(Decimal("1.5"))
