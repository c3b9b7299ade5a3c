import io
import webbrowser
from typing import override

import pytest

from local.browser import show_page

URL = "http://127.0.0.1:5555"
DESK = {"DISPLAY": ":0"}


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


class Window(webbrowser.BackgroundBrowser):
    """A browser with windows that remembers what it was shown."""

    def __init__(self, *, error: Exception | None = None) -> None:
        super().__init__("window")
        self.shown: list[str] = []
        self._error = error

    @override
    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        if self._error is not None:
            raise self._error
        self.shown.append(url)
        return True


def is_shown(stream: io.StringIO, environ: dict[str, str], platform: str = "linux") -> bool:
    window = Window()
    told = show_page(URL, stream, environ, platform=platform, find=lambda: window)
    assert window.shown == ([URL] if told else [])
    return told


def test_whoever_sits_at_a_screen_is_shown_the_page() -> None:
    assert is_shown(Terminal(), DESK)
    assert is_shown(Terminal(), {"WAYLAND_DISPLAY": "wayland-0"})
    assert is_shown(Terminal(), {}, "darwin")


def test_where_nobody_sits_at_a_screen_nothing_opens() -> None:
    assert not is_shown(Terminal(), {})
    assert not is_shown(io.StringIO(), DESK)
    assert not is_shown(Terminal(), DESK | {"SSH_CONNECTION": "a 1 b 22"})
    assert not is_shown(Terminal(), DESK | {"CI": "true"})


@pytest.mark.parametrize("word", ["0", "no", "off", "FALSE"])
def test_it_can_be_turned_off(word: str) -> None:
    assert not is_shown(Terminal(), DESK | {"OPEN": word})


def test_it_can_be_demanded() -> None:
    assert is_shown(io.StringIO(), {"OPEN": "1"})


def test_a_browser_for_the_terminal_is_left_alone_unless_demanded() -> None:
    # Python waits for such a program, and tells whether it ended well.
    def find() -> webbrowser.BaseBrowser:
        return webbrowser.GenericBrowser("true")

    assert not show_page(URL, Terminal(), DESK, platform="linux", find=find)
    assert show_page(URL, Terminal(), DESK | {"OPEN": "1"}, platform="linux", find=find)


def test_no_browser_is_no_error() -> None:
    def nothing() -> webbrowser.BaseBrowser:
        raise webbrowser.Error("could not locate runnable browser")

    def broken() -> webbrowser.BaseBrowser:
        return Window(error=OSError("no such program"))

    for find in (nothing, broken):
        assert not show_page(URL, Terminal(), DESK, platform="linux", find=find)
