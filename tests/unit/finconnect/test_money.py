"""Amounts: exact, or not an amount."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finconnect.money import format_amount, parse_amount


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (0, "0"),
        (1000, "1000"),
        ("1000", "1000"),
        ("1000.5", "1000.5"),
        ("1000.50", "1000.50"),
        ("0.01", "0.01"),
        ("007", "7"),
        (1000.0, "1000"),
        (1000.5, "1000.5"),
        (0.1, "0.1"),
        (Decimal(1000), "1000"),
        (Decimal("1000.50"), "1000.5"),
        (Decimal("1000.500"), "1000.5"),
        (Decimal("1E+3"), "1000"),
        (10**15 - 1, "999999999999999"),
        ("9" * 15, "9" * 15),
    ],
)
def test_an_amount_is_read_exactly(value: object, amount: str) -> None:
    assert parse_amount(value) == Decimal(amount)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        -1,
        10**15,
        10**400,
        "",
        " ",
        "-1",
        "+1",
        "1.",
        ".5",
        "1.234",
        "1,000",
        "1 000",
        "1_000",
        " 1000",
        "1000\n",
        "1e3",
        "0x10",
        "NaN",
        "Infinity",
        "９",  # noqa: RUF001 (a digit that is not ASCII is the point)
        "५००",
        "9" * 16,
        0.1 + 0.2,
        0.001,
        -0.5,
        float("nan"),
        float("inf"),
        1e22,
        1e300,
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        Decimal("1E+400"),
        Decimal("1E-400"),
        Decimal("1E+999999999"),
        Decimal("1000.001"),
        Decimal(-1),
        b"1000",
        [1000],
        {"amount": 1000},
    ],
    ids=repr,
)
def test_anything_else_is_no_amount(value: object) -> None:
    assert parse_amount(value) is None


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"),
        ("1000", "1000"),
        ("1000.00", "1000"),
        ("1E+3", "1000"),
        ("1000.5", "1000.50"),
        ("1000.05", "1000.05"),
    ],
)
def test_an_amount_is_written_whole_or_with_two_decimals(amount: str, text: str) -> None:
    assert format_amount(Decimal(amount)) == text


@given(st.decimals(min_value=0, max_value=10**15 - 1, places=2))
def test_what_is_written_is_read_as_the_same_amount(amount: Decimal) -> None:
    assert parse_amount(format_amount(amount)) == amount


@given(st.integers(0, 10**13 - 1))
def test_text_integer_float_and_decimal_of_cents_agree(cents: int) -> None:
    exact = Decimal(cents) / 100
    readings = {parse_amount(form) for form in (exact, cents / 100, f"{exact:.2f}")}
    assert readings == {exact}
