from pathlib import Path

import pytest

from local.errors import MissingProgram, PortTaken, StepFailed
from local.stack import is_worth_logs


@pytest.mark.parametrize("error", [StepFailed("sam build", "failed", Path("log")), KeyError("x")])
def test_logs_stay_where_somebody_will_look_into_them(error: Exception) -> None:
    assert is_worth_logs(error)


@pytest.mark.parametrize("error", [PortTaken("x"), MissingProgram("x"), KeyboardInterrupt()])
def test_logs_go_where_the_message_says_it_all(error: BaseException) -> None:
    assert not is_worth_logs(error)
