"""The fakes keep their word."""

import pytest

from tests.unit.finconnect.providers.azampay.fakes import (
    PAYLOAD,
    FakeAzampay,
    FakeTokens,
    accepted,
    access_token,
    provider,
)


def test_a_request_that_nothing_was_prepared_for_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="nothing is prepared for POST https://checkout"):
        provider(FakeAzampay(), tokens=FakeTokens()).initiate_ussd_push_request(PAYLOAD)


def test_an_answer_is_given_once() -> None:
    azampay = FakeAzampay(checkout=[accepted()])
    subject = provider(azampay, tokens=FakeTokens())
    subject.initiate_ussd_push_request(PAYLOAD)
    with pytest.raises(AssertionError, match="nothing is prepared"):
        subject.initiate_ussd_push_request(PAYLOAD)
    assert len(azampay.requests) == 2


def test_a_renewal_gives_the_next_token() -> None:
    tokens = FakeTokens(["a", "b"])
    assert tokens.token().value == "a"
    assert tokens.renew(access_token("a")).value == "b"
    assert tokens.refused == ["a"]
