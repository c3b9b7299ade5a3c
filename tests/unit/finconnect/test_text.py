"""Text from outside, made fit to be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finconnect.text import clean, traceparent


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Invalid Vendor", "Invalid Vendor"),
        ("  two\t words\r\n", "two words"),
        ("line\nERROR forged", "line ERROR forged"),
        ("\x1b[31mred\x00", "[31mred"),
        ("zero\u200bwidth\u202etrick\u2028", "zero width trick"),
        ("Samahani, jaribu tena é 😀", "Samahani, jaribu tena é 😀"),
        ("", ""),
    ],
)
def test_text_becomes_one_printable_line(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("255712345678", "2557*****678"),
        ("0712345678", "0712*****678"),
        ("+255712345678", "2557*****678"),
        ("payer 255712345678, then 0712345678.", "payer 2557*****678, then 0712*****678."),
        ("msisdn=255712345678&x", "msisdn=2557*****678&x"),
        ("account_255712345678_x", "account_2557*****678_x"),
        # of another length: an id and no phone number
        ("2557123456789", "2557123456789"),
        ("0f255712345678ab", "0f255712345678ab"),
    ],
)
def test_phone_numbers_are_masked(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    "text",
    ["00255712345678", "255 712 345 678", "+255-712-345-678"],
)
def test_a_phone_number_is_masked_however_it_is_written(text: str) -> None:
    shown = clean(text)
    assert "712345678" not in "".join(filter(str.isdigit, shown))


def test_secrets_are_masked_wherever_they_stand() -> None:
    text = "token abc.def refused, abc.def is unknown; key k-1"
    assert clean(text, secrets=("abc.def", "k-1")) == "token *** refused, *** is unknown; key ***"


def test_an_empty_secret_masks_nothing() -> None:
    assert clean("as it is", secrets=("",)) == "as it is"


def test_a_secret_is_masked_before_the_text_is_cut() -> None:
    assert "canary" not in clean("x" * 296 + "canary-secret", secrets=("canary-secret",))


@pytest.mark.parametrize("secret", ["canary-secret\n", " canary-secret", "canary-secret\r\n"])
def test_a_secret_with_space_around_it_is_masked_without_it_too(secret: str) -> None:
    assert "canary" not in clean("the secret canary-secret has expired", secrets=(secret,))


def test_long_text_is_cut_and_says_so() -> None:
    shown = clean("x" * 301)
    assert shown == "x" * 299 + "…"
    assert clean("x" * 300) == "x" * 300
    assert clean("x" * 65, limit=64) == "x" * 63 + "…"


@given(st.text(), st.integers(1, 50))
def test_any_text_is_one_bounded_printable_line(text: str, limit: int) -> None:
    shown = clean(text, limit=limit)
    assert len(shown) <= limit
    assert shown.isprintable()


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (TRACE, True),
        (None, False),
        ("", False),
        (f"{TRACE}\n", False),
        (TRACE.upper(), False),
        (f"{TRACE}-255712345678", False),
        ("255712345678", False),
    ],
)
def test_only_what_has_the_form_of_a_trace_is_one(text: str | None, kept: bool) -> None:
    assert traceparent(text) == (text if kept else None)
