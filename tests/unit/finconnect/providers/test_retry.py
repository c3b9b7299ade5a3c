"""Trying again: only what never left, and only so often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finconnect.providers.http import NeverSent, NoAnswer
from finconnect.providers.retry import ConnectRetry, delay_before_retry


@pytest.mark.parametrize(
    ("attempt", "jitter", "delay"),
    [
        (1, 0.0, 0.1),
        (2, 0.0, 0.2),
        (3, 0.0, 0.4),
        (4, 0.0, 0.8),
        (1, 1.0, 0.05),
        (2, 0.5, 0.15),
        (5, 0.0, None),
        (6, 0.0, None),
    ],
)
def test_the_wait_doubles_and_jitter_takes_half_of_it_at_most(
    attempt: int, jitter: float, delay: float | None
) -> None:
    assert delay_before_retry(attempt, attempts=5, jitter=jitter) == pytest.approx(delay)


@given(st.integers(1, 10), st.integers(1, 10), st.floats(0, 1))
def test_no_wait_is_negative_or_longer_than_without_jitter(
    attempt: int, attempts: int, jitter: float
) -> None:
    delay = delay_before_retry(attempt, attempts=attempts, jitter=jitter)
    whole = delay_before_retry(attempt, attempts=attempts, jitter=0)
    if delay is None or whole is None:
        assert delay is whole
        assert attempt >= attempts
    else:
        assert 0 < whole / 2 <= delay <= whole


class Sender:
    """Raises what it was given, in turn, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "sent"


def run(sender: Sender, *, attempts: int = 3) -> tuple[str | Exception, list[float]]:
    waits: list[float] = []
    retry = ConnectRetry(attempts=attempts, sleep=waits.append, jitter=lambda: 1.0)
    try:
        return retry.call(sender), waits
    except (NeverSent, NoAnswer, KeyError) as error:
        return error, waits


def test_what_succeeds_is_called_once() -> None:
    sender = Sender()
    assert run(sender) == ("sent", [])
    assert sender.calls == 1


@pytest.mark.parametrize(("failures", "waits"), [(1, [0.05]), (2, [0.05, 0.1])])
def test_what_never_left_is_tried_again(failures: int, waits: list[float]) -> None:
    sender = Sender(*[NeverSent("x")] * failures)
    assert run(sender) == ("sent", waits)
    assert sender.calls == failures + 1


@pytest.mark.parametrize(("attempts", "waits"), [(1, 0), (3, 2), (5, 4)])
def test_after_the_last_attempt_the_error_comes_through(attempts: int, waits: int) -> None:
    last = NeverSent("last")
    sender = Sender(*[NeverSent("x")] * (attempts - 1), last, NeverSent("too many"))
    outcome, waited = run(sender, attempts=attempts)
    assert outcome is last
    assert len(waited) == waits
    assert sender.calls == attempts


@pytest.mark.parametrize("error", [NoAnswer("x"), KeyError("x")])
@pytest.mark.parametrize("before", [0, 1])
def test_any_other_error_ends_it_at_once(error: Exception, before: int) -> None:
    sender = Sender(*[NeverSent("x")] * before, error)
    outcome, _ = run(sender)
    assert outcome is error
    assert sender.calls == before + 1


def test_by_default_it_sleeps_and_the_jitter_varies() -> None:
    retry = ConnectRetry()
    assert retry.attempts == 3
    assert len({retry.jitter() for _ in range(5)}) > 1
    assert all(0 <= retry.jitter() < 1 for _ in range(100))
