"""Times: aware, UTC, and their text sorts as they do."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finconnect.clock import from_iso, to_iso, utc_now

EVENING = datetime(2026, 4, 27, 22, tzinfo=UTC)
moments = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 (hypothesis adds the zone)
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_now_is_aware_and_utc() -> None:
    assert utc_now().tzinfo is UTC
    assert abs(datetime.now(UTC) - utc_now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (EVENING, "2026-04-27T22:00:00.000000Z"),
        (EVENING.replace(microsecond=5), "2026-04-27T22:00:00.000005Z"),
        (
            datetime(2026, 4, 28, 1, tzinfo=timezone(timedelta(hours=3))),
            "2026-04-27T22:00:00.000000Z",
        ),
    ],
)
def test_a_time_is_written_in_utc_with_microseconds(moment: datetime, text: str) -> None:
    assert to_iso(moment) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-27T22:00:00Z",
        "2026-04-27T22:00:00.000Z",
        "2026-04-27T22:00:00.0000000Z",
        "2026-04-27T22:00:00+00:00",
        "2026-04-28T01:00:00+03:00",
    ],
)
def test_a_time_with_a_zone_is_read(text: str) -> None:
    assert from_iso(text) == EVENING
    assert from_iso(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-04-27T22:00:00", "2026-04-27", "soon", "", "None"])
def test_a_time_without_a_zone_or_no_time_at_all_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"zone|isoformat"):
        from_iso(text)


@given(moments)
def test_what_is_written_is_read_as_the_same_time(moment: datetime) -> None:
    assert from_iso(to_iso(moment)) == moment


@given(moments, moments)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    assert (to_iso(one) < to_iso(other)) == (one < other)
