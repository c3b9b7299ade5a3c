"""Tokens: opaque, counted, refused when their time is over."""

import base64
import binascii
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from simulator.tokens import Token, TokenOffice, fingerprint

START = datetime(2026, 4, 27, 22, 0, 0, 123456, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(clock: Clock) -> TokenOffice:
    return TokenOffice(3600, clock)


def test_expire_has_seven_fraction_digits_and_z(office: TokenOffice) -> None:
    expire = office.issue().expire
    assert re.fullmatch(r"2026-04-27T23:00:00\.\d{7}Z", expire)
    assert expire.startswith("2026-04-27T23:00:00.123456")


def test_a_token_is_good_until_it_expires(office: TokenOffice, clock: Clock) -> None:
    token = office.issue()
    clock.now = START + timedelta(seconds=3599)
    assert office.is_valid(token.value)
    clock.now = START + timedelta(seconds=3600)
    assert not office.is_valid(token.value)


def test_two_tokens_are_good_side_by_side(office: TokenOffice) -> None:
    first, second = office.issue(), office.issue()
    assert first.value != second.value
    assert office.is_valid(first.value)
    assert office.is_valid(second.value)


def test_a_revoked_token_is_refused_and_others_are_not(office: TokenOffice) -> None:
    first, second = office.issue(), office.issue()
    office.revoke(first.value)
    assert not office.is_valid(first.value)
    assert office.is_valid(second.value)


def test_expire_all_refuses_what_was_issued_and_not_what_comes(office: TokenOffice) -> None:
    old = office.issue()
    assert office.expire_all() == 1
    assert not office.is_valid(old.value)
    assert office.is_valid(office.issue().value)


@pytest.mark.parametrize("value", ["", "nonsense", "\udcff"])
def test_unknown_tokens_are_refused(office: TokenOffice, value: str) -> None:
    office.issue()
    assert not office.is_valid(value)


def _is_json(part: str) -> bool:
    padded = part + "=" * (-len(part) % 4)
    try:
        json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error):
        return False
    return True


def test_a_token_has_no_claims_to_read(office: TokenOffice) -> None:
    header, *rest = office.issue().value.split(".")
    assert len(rest) == 4
    assert _is_json(header)
    assert not any(_is_json(part) for part in rest if part)


def test_repr_and_fingerprint_do_not_show_the_token(office: TokenOffice) -> None:
    token: Token = office.issue()
    assert token.value not in repr(token)
    assert re.fullmatch("[0-9a-f]{12}", fingerprint(token.value))
    assert fingerprint(token.value) != fingerprint(office.issue().value)
