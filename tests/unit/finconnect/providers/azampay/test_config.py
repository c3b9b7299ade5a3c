"""The configuration: hosts are settings, and a wrong one is told at once."""

import pytest

from finconnect.providers import azampay
from finconnect.providers.azampay import AzampayConfig
from tests.unit.finconnect.providers.azampay.fakes import config


@pytest.mark.parametrize("name", ["authenticator_url", "checkout_url"])
@pytest.mark.parametrize("url", ["checkout.test", "ftp://checkout.test", " https://checkout.test"])
def test_a_base_url_needs_its_scheme(name: str, url: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: must be https://host"):
        config(**{name: url})


def test_a_stand_in_may_speak_http() -> None:
    assert AzampayConfig(checkout_url="http://127.0.0.1:8080").checkout("/x") == (
        "http://127.0.0.1:8080/x"
    )


def test_keys_are_looked_for_where_there_is_a_host() -> None:
    documented = "https://c.test/azampay/v1/public-key?format=Pem"
    probed = "https://a.test/api/Token/PublicKey"
    both = AzampayConfig(authenticator_url="https://a.test/", checkout_url="https://c.test/")
    assert both.key_urls() == (documented, probed)
    assert AzampayConfig(checkout_url="https://c.test").key_urls() == (documented,)
    assert AzampayConfig(authenticator_url="https://a.test").key_urls() == (probed,)
    assert AzampayConfig(public_key_urls=("https://k.test",)).key_urls() == ("https://k.test",)


def test_a_payment_with_its_token_and_its_records_fits_into_the_29_seconds_of_api_gateway() -> None:
    # One budget for token, tries and answer; the rest is for the record before and after.
    assert AzampayConfig().checkout_timeouts.total <= 25


def test_the_package_names_what_it_lacks() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Config'"):
        _ = azampay.Config
