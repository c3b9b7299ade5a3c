"""What a simulator may be started with."""

from typing import Any

import pytest

from simulator.settings import Settings, check_callback_url

SECRET_URL = "http://127.0.0.1:4566/webhooks/azampay/s3cr3t-s3cr3t-s3cr3t"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_loopback_needs_no_permission(host: str) -> None:
    assert Settings(host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])  # noqa: S104 (all refused)
def test_other_hosts_need_permission(host: str) -> None:
    with pytest.raises(ValueError, match="--allow-remote"):
        Settings(host=host)
    assert Settings(host=host, allow_remote=True).host == host


@pytest.mark.parametrize(
    "url",
    ["", "webhook", "/webhook", "ftp://host/x", "http://", "http://host:port/", "http://a b/"],
)
def test_a_callback_url_is_absolute_http(url: str) -> None:
    with pytest.raises(ValueError, match="absolute"):
        Settings(callback_url=url)


def test_the_error_does_not_quote_the_url() -> None:
    with pytest.raises(ValueError, match="absolute") as caught:
        check_callback_url("ftp://host/s3cr3t")
    assert "s3cr3t" not in str(caught.value)


def test_repr_shows_no_secret() -> None:
    settings = Settings(callback_url=SECRET_URL, client_secret="hidden-1", api_key="hidden-2")
    assert "s3cr3t" not in repr(settings)
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize("field", ["callback_delay", "token_lifetime", "slow_answer"])
def test_times_are_not_negative(field: str) -> None:
    settings: dict[str, Any] = {field: -1}
    with pytest.raises(ValueError, match="negative"):
        Settings(**settings)
