"""Callbacks at the deployed webhook, honest and not."""

from local.events import EventQueue
from tests.e2e.support import ORDINARY_NUMBER, World, payment

STATES_OF_A_PROMPT = ["payment.pending"]


def test_an_honest_callback_is_taken(world: World, events: EventQueue) -> None:
    paid = world.prompted()
    answer = world.callback(paid["externalId"])

    assert answer.status_code == 200, answer.text
    assert world.state_of(paid["externalId"])["status"] == "succeeded"
    assert events.wait_for(paid["externalId"], "payment.succeeded").data["status"] == "succeeded"


def test_a_forged_signature_changes_nothing(world: World) -> None:
    paid = world.prompted()
    world.key_is_due()
    answer = world.callback(paid["externalId"], tamper="signature")

    assert answer.status_code == 401, answer.text
    assert answer.json()["code"] == "invalid_signature"
    assert_nothing_changed(world, paid["externalId"])


def test_a_changed_status_breaks_the_signature(world: World) -> None:
    paid = world.prompted()
    world.key_is_due()
    answer = world.callback(paid["externalId"], event="failure", tamper="status")

    assert answer.status_code == 401, answer.text
    assert_nothing_changed(world, paid["externalId"])


def test_an_unsigned_callback_is_refused(world: World) -> None:
    paid = world.prompted()
    answer = world.callback(paid["externalId"], tamper="unsigned")

    assert answer.status_code == 401, answer.text
    assert_nothing_changed(world, paid["externalId"])


def test_a_duplicate_changes_nothing_and_is_acknowledged(world: World, events: EventQueue) -> None:
    paid = world.prompted()
    answers = world.callbacks({"externalId": paid["externalId"], "times": 3})

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json()["status"] for answer in answers][1:] == ["duplicate", "duplicate"]
    events.wait_for(paid["externalId"], "payment.succeeded")
    assert len(world.items_of(paid["externalId"], "CALLBACK#")) == 1
    assert world.event_types_of(paid["externalId"]) == ["payment.pending", "payment.succeeded"]


def test_a_changed_amount_is_kept_published_and_not_believed(
    world: World, events: EventQueue
) -> None:
    paid = world.prompted()
    answer = world.callback(paid["externalId"], tamper="amount")

    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "mismatch"
    assert events.wait_for(paid["externalId"], "payment.mismatch").data["status"] == "pending"
    assert world.state_of(paid["externalId"])["status"] == "pending"
    assert len(world.items_of(paid["externalId"], "CALLBACK#")) == 1


def test_a_callback_for_an_unknown_payment_is_kept_and_published(
    world: World, events: EventQueue
) -> None:
    unknown = payment()["externalId"]
    record = {
        "accountNumber": ORDINARY_NUMBER,
        "amount": 900,
        "externalId": unknown,
        "provider": "Mpesa",
    }
    (answer,) = world.callbacks({"record": record})

    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "unmatched"
    events.wait_for(unknown, "callback.unmatched")
    assert world.merchant.get(unknown).status_code == 404


def test_behind_a_wrong_url_secret_there_is_nothing(world: World) -> None:
    paid = world.prompted()
    wrong = world.stack.webhook_url_with("x" * len(world.stack.webhook_secret))
    answer = world.callback(paid["externalId"], url=wrong)

    assert answer.status_code == 404, answer.text
    assert_nothing_changed(world, paid["externalId"])


def assert_nothing_changed(world: World, external_id: str) -> None:
    assert world.state_of(external_id)["status"] == "pending"
    assert world.items_of(external_id, "CALLBACK#") == []
    assert world.event_types_of(external_id) == STATES_OF_A_PROMPT
