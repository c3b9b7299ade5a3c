import os
import signal

import pytest

from local.signals import SIGNALS, StopRequested, stopping_in_order


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_stops_and_the_next_are_ignored(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(StopRequested) as caught:
        be_told_to_stop(number)
    assert caught.value.number == number
    assert signal.getsignal(number) == before


def be_told_to_stop(number: signal.Signals) -> None:
    with stopping_in_order():
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        finally:
            for again in SIGNALS:
                os.kill(os.getpid(), again)
