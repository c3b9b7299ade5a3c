"""Phone numbers: two accepted forms, one masked one."""

import pytest

from finconnect.msisdn import mask_msisdn, normalise_msisdn


@pytest.mark.parametrize("text", ["255712345678", "0712345678"])
def test_both_accepted_forms_become_one(text: str) -> None:
    assert normalise_msisdn(text) == "255712345678"


def test_the_prefix_of_the_network_is_not_judged() -> None:
    assert normalise_msisdn("0012345678") == "255012345678"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+255712345678",
        "712345678",
        "25571234567",
        "2557123456789",
        "07123456789",
        "254712345678",
        "00255712345678",
        "255 712 345 678",
        " 0712345678",
        "0712345678\n",
        "071234567a",
        "१७712345678",
    ],
)
def test_every_other_form_is_refused_and_not_guessed_at(text: str) -> None:
    assert normalise_msisdn(text) is None


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("255712345678", "2557*****678"),
        ("0712345678", "0712*****678"),
        ("071234567", "*****"),
        ("", "*****"),
    ],
)
def test_a_masked_number_shows_its_ends_only(number: str, masked: str) -> None:
    assert mask_msisdn(number) == masked
