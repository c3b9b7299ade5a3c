import io

import pytest

from local.progress import Console, Stopwatch, Style, style_for

PLAIN = Style(is_coloured=False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_step_is_told_when_it_begins_and_when_it_ends() -> None:
    stream = io.StringIO()
    stopwatch = Stopwatch(Console(stream, PLAIN))
    with stopwatch.step("sam build"):
        assert "sam build" in stream.getvalue()
    assert "done" in stream.getvalue().splitlines()[-1]
    assert stopwatch.seconds["sam build"] >= 0


def test_a_step_that_fails_is_told_as_failed() -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="no"), Stopwatch(Console(stream, PLAIN)).step("x"):
        raise ValueError("no")
    assert "FAILED" in stream.getvalue()


@pytest.mark.parametrize(
    ("stream", "environ", "is_coloured"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (io.StringIO(), {}, False),
    ],
)
def test_colours_are_for_terminals_whose_owner_wants_them(
    stream: io.StringIO, environ: dict[str, str], is_coloured: bool
) -> None:
    assert ("\x1b" in style_for(stream, environ).paint("x", "red")) is is_coloured
