"""Settings are read once, and a fault in them names the variable."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from finconnect.payments.settings import (
    EventRelaySettings,
    InvalidSettings,
    PaymentsSettings,
    TokenRefreshSettings,
    WebhookSettings,
    read_settings,
)
from finconnect.payments.verify import UnsignedCallbacks

NEEDED: dict[type[Any], tuple[str, ...]] = {
    TokenRefreshSettings: (
        "AZAMPAY_AUTHENTICATOR_URL",
        "AZAMPAY_CHECKOUT_URL",
        "CREDENTIALS_SECRET_ARN",
        "TOKEN_SECRET_ARN",
        "PUBLIC_KEY_PARAMETER",
    ),
    PaymentsSettings: (
        "TABLE_NAME",
        "TOKEN_SECRET_ARN",
        "TOKEN_REFRESH_FUNCTION",
        "AZAMPAY_CHECKOUT_URL",
    ),
    WebhookSettings: (
        "TABLE_NAME",
        "PUBLIC_KEY_PARAMETER",
        "WEBHOOK_SECRET_ARN",
        "TOKEN_REFRESH_FUNCTION",
    ),
    EventRelaySettings: ("EVENT_TOPIC_ARN",),
}
# The webhook may need more by now; what is listed is the least.
ALL = {name: f"value of {name}" for names in NEEDED.values() for name in names}
EACH = [(kind, name) for kind, names in NEEDED.items() for name in names]


@pytest.fixture
def environment() -> dict[str, str]:
    """Everything that any function needs, and more."""
    return {
        **ALL,
        "CALLBACK_QUEUE_URL": "value of CALLBACK_QUEUE_URL",
        "UNSIGNED_CALLBACKS": "reject",
        "PATH": "/bin",
    }


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_each_variable_becomes_the_field_of_its_name(
    kind: type[Any], name: str, environment: dict[str, str]
) -> None:
    assert getattr(read_settings(kind, environment), name.lower()) == f"value of {name}"


@pytest.mark.parametrize("value", [None, "", "  "])
@pytest.mark.parametrize(("kind", "name"), EACH)
def test_a_variable_that_is_missing_or_empty_is_named(
    kind: type[Any], name: str, value: str | None, environment: dict[str, str]
) -> None:
    environment.pop(name)
    if value is not None:
        environment[name] = value
    with pytest.raises(InvalidSettings) as caught:
        read_settings(kind, environment)
    assert str(caught.value) == f"{name} is not set"


@pytest.mark.parametrize("kind", NEEDED)
def test_all_faults_are_named_at_once(kind: type[Any]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read_settings(kind, {})
    assert all(f"{name} is not set" in str(caught.value) for name in NEEDED[kind])


def test_a_word_that_is_no_choice_is_named_with_the_choices(environment: dict[str, str]) -> None:
    environment["UNSIGNED_CALLBACKS"] = "maybe"
    environment["TABLE_NAME"] = ""
    with pytest.raises(InvalidSettings) as caught:
        read_settings(WebhookSettings, environment)
    assert all(word in str(caught.value) for word in ("UNSIGNED_CALLBACKS", "reject", "accept"))
    assert "TABLE_NAME is not set" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "choice"),
    [("accept", UnsignedCallbacks.ACCEPT), (" reject ", UnsignedCallbacks.REJECT)],
)
def test_a_choice_is_taken(
    text: str, choice: UnsignedCallbacks, environment: dict[str, str]
) -> None:
    environment["UNSIGNED_CALLBACKS"] = text
    assert read_settings(WebhookSettings, environment).unsigned_callbacks is choice


def test_unsigned_callbacks_are_rejected_unless_chosen(environment: dict[str, str]) -> None:
    del environment["UNSIGNED_CALLBACKS"]
    settings = read_settings(WebhookSettings, environment)
    assert settings.unsigned_callbacks is UnsignedCallbacks.REJECT


def test_settings_do_not_change(environment: dict[str, str]) -> None:
    settings = read_settings(EventRelaySettings, environment)
    with pytest.raises(FrozenInstanceError):
        settings.event_topic_arn = "other"  # type: ignore[misc]


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENT_TOPIC_ARN", "arn:topic")
    assert read_settings(EventRelaySettings).event_topic_arn == "arn:topic"
