import pytest

from local.errors import PortTaken
from local.ports import choose_port

VARIABLE = "FINCONNECT_PORT"


def nothing_is_free(_: int) -> bool:
    return False


def everything_is_free(_: int) -> bool:
    return True


def test_a_port_that_was_asked_for_is_taken() -> None:
    assert choose_port(VARIABLE, asked=5000, usual=4566, is_free=everything_is_free) == 5000


def test_a_port_that_was_asked_for_is_never_replaced_and_the_error_says_how_to_change_it() -> None:
    with pytest.raises(PortTaken, match=r"Port 5000 is in use .* Set FINCONNECT_PORT"):
        choose_port(VARIABLE, asked=5000, usual=4566, is_free=nothing_is_free)


def test_the_usual_port_is_taken_if_it_is_free() -> None:
    assert choose_port(VARIABLE, usual=4566, is_free=everything_is_free) == 4566


def test_another_port_is_chosen_if_the_usual_one_is_in_use() -> None:
    chosen = choose_port(
        VARIABLE, usual=4566, is_free={22000}.__contains__, candidates=lambda: [21000, 22000]
    )
    assert chosen == 22000


def test_without_a_usual_port_any_free_one_is_chosen() -> None:
    assert 20_000 <= choose_port(VARIABLE, is_free=everything_is_free) < 32_000


def test_it_is_said_when_no_port_is_free() -> None:
    with pytest.raises(PortTaken, match="Set FINCONNECT_PORT"):
        choose_port(VARIABLE, usual=4566, is_free=nothing_is_free)
