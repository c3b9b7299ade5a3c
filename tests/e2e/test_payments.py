"""Payments through the deployed API: what the merchant, the provider and a subscriber see."""

from contextlib import closing

import httpx
import pytest

from local.events import EventQueue
from local.payments import PaymentsClient
from tests.e2e.support import World, payment


def test_a_payment_succeeds_and_subscribers_are_told(world: World, events: EventQueue) -> None:
    wanted = payment()
    response = world.merchant.post(wanted)

    assert response.status_code == 202, response.text
    assert response.json()["status"] == "pending"
    assert response.headers["Location"].endswith(f"/payments/azampay/{wanted['externalId']}")
    pending = events.wait_for(wanted["externalId"], "payment.pending")
    succeeded = events.wait_for(wanted["externalId"], "payment.succeeded")
    assert pending.id != succeeded.id
    assert pending.subject == succeeded.subject == wanted["externalId"]
    assert succeeded.data["status"] == "succeeded"
    assert succeeded.data["verification"] == "signature"
    assert succeeded.data["accountNumber"] == "2557*****001"
    assert succeeded.data["amount"] == "1500"


def test_an_event_is_a_cloud_event_with_attributes_to_filter_by(
    world: World, events: EventQueue
) -> None:
    wanted = payment()
    world.merchant.post(wanted)
    event = events.wait_for(wanted["externalId"], "payment.succeeded")

    assert event.envelope["specversion"] == "1.0"
    assert event.envelope["source"] == "/payments/azampay"
    assert event.envelope["datacontenttype"] == "application/json"
    assert event.attributes == {
        "type": "payment.succeeded",
        "provider": "azampay",
        "network": "Mpesa",
        "status": "succeeded",
    }


def test_a_payment_can_be_asked_for_with_its_history(world: World, events: EventQueue) -> None:
    wanted = payment()
    world.merchant.post(wanted)
    events.wait_for(wanted["externalId"], "payment.succeeded")
    seen = world.state_of(wanted["externalId"])

    assert seen["status"] == "succeeded"
    assert seen["externalId"] == wanted["externalId"]
    assert [step["status"] for step in seen["history"]][-2:] == ["pending", "succeeded"]


def test_an_external_id_of_odd_characters_is_found_again(world: World) -> None:
    wanted = payment("never-answers")
    wanted["externalId"] += "?a#b%20&c=+;:@"
    assert world.merchant.post(wanted).status_code == 202

    assert world.state_of(wanted["externalId"])["externalId"] == wanted["externalId"]


def test_a_payment_that_the_payer_declines_fails(world: World, events: EventQueue) -> None:
    wanted = payment("decline")
    assert world.merchant.post(wanted).status_code == 202

    failed = events.wait_for(wanted["externalId"], "payment.failed")
    assert failed.attributes["status"] == "failed"
    assert world.state_of(wanted["externalId"])["status"] == "failed"


def test_a_refusal_inside_a_200_is_a_422_and_an_event(world: World, events: EventQueue) -> None:
    wanted = payment("invalid-vendor")
    response = world.merchant.post(wanted)

    assert response.status_code == 422, response.text
    assert response.headers["Content-Type"].startswith("application/problem+json")
    assert response.json()["code"] == "provider_refused"
    assert "Invalid Vendor" in response.text
    rejected = events.wait_for(wanted["externalId"], "payment.rejected")
    assert rejected.data["status"] == "rejected"


def test_a_repeated_request_is_replayed_and_sent_once(world: World, events: EventQueue) -> None:
    wanted = payment()
    first = world.merchant.post(wanted)
    events.wait_for(wanted["externalId"], "payment.succeeded")
    again = world.merchant.post(wanted)

    assert first.status_code == 202, first.text
    assert again.status_code == 200, again.text
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["status"] == "succeeded"
    assert len(world.simulator.book(wanted["externalId"])["checkouts"]) == 1


def test_another_payload_under_the_same_external_id_is_refused(world: World) -> None:
    wanted = payment("never-answers")
    world.merchant.post(wanted)
    other = world.merchant.post({**wanted, "amount": 2500})

    assert other.status_code == 422, other.text
    assert other.json()["code"] == "external_id_reused"
    assert len(world.simulator.book(wanted["externalId"])["checkouts"]) == 1


def test_an_unknown_payment_is_not_found(world: World) -> None:
    response = world.merchant.get("E2E-nobody-knows-this")

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


@pytest.mark.parametrize("key", [None, "a-wrong-key"])
def test_without_the_api_key_nothing_is_done(world: World, key: str | None) -> None:
    wanted = payment()
    with closing(PaymentsClient(world.stack.payment_url, key)) as stranger:
        assert stranger.post(wanted).status_code == 403
        assert stranger.get(wanted["externalId"]).status_code == 403
    assert world.simulator.book(wanted["externalId"])["checkouts"] == []


def test_every_faulty_field_is_named_at_once(world: World) -> None:
    response = world.merchant.post(
        payment(
            accountNumber="+255754000001",
            amount=0,
            currency="KES",
            provider="MPESA",
            additionalProperties=[],
            phone="0754000001",
        )
    )

    problem = faults(response)
    assert problem >= {
        "accountNumber",
        "amount",
        "currency",
        "provider",
        "additionalProperties",
        "phone",
    }
    assert faults(world.merchant.post(payment(externalId="two words"))) == {"externalId"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_body_that_is_no_object_is_refused(world: World, body: bytes) -> None:
    assert faults(world.merchant.post(body)) == {"body"}


def faults(response: httpx.Response) -> set[str]:
    assert response.status_code == 400, response.text
    problem = response.json()
    assert problem["code"] == "invalid_payment"
    return {error["field"] for error in problem["errors"]}


def test_a_filter_policy_keeps_everything_else_away(
    world: World, events: EventQueue, successes: EventQueue
) -> None:
    declined, paid = payment("decline"), payment()
    world.merchant.post(declined)
    events.wait_for(declined["externalId"], "payment.failed")
    # Sent after the failure was published: when its success is there, so would the failure be.
    world.merchant.post(paid)
    successes.wait_for(paid["externalId"], "payment.succeeded")
    events.wait_for(paid["externalId"], "payment.pending")

    assert successes.of(declined["externalId"]) == []
    assert {event.type for event in successes.received} == {"payment.succeeded"}
