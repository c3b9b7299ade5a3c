"""The ids that every line of an invocation has."""

from __future__ import annotations

import threading

import pytest

from finconnect.payments.correlation import correlate, correlated, forget


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def test_ids_add_up_and_none_takes_one_off() -> None:
    correlate(api_request_id="1", payment="azampay/a")
    correlate(payment="azampay/b", trace=None)
    assert correlated() == {"api_request_id": "1", "payment": "azampay/b"}
    correlate(payment=None)
    assert correlated() == {"api_request_id": "1"}


def test_nothing_is_left_for_the_next_invocation() -> None:
    correlate(payment="azampay/a")
    forget()
    assert correlated() == {}


def test_another_thread_has_its_own() -> None:
    correlate(payment="azampay/a")
    seen: list[dict[str, str]] = []
    thread = threading.Thread(target=lambda: seen.append(dict(correlated())))
    thread.start()
    thread.join()
    assert seen == [{}]
