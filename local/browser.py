"""The page of the stand-in, shown to whoever sits at this machine."""

import os
import sys
import webbrowser
from collections.abc import Callable, Mapping
from typing import TextIO

OPEN_VARIABLE = "OPEN"
_NEVER = ("0", "no", "off", "false")
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")
# Over SSH the screen is somewhere else; a machine that builds has nobody who looks at one.
_NOBODY_LOOKS = ("SSH_CONNECTION", "CI")

type Finder = Callable[[], webbrowser.BaseBrowser]


def show_page(
    url: str,
    stream: TextIO,
    environ: Mapping[str, str] = os.environ,
    *,
    platform: str = sys.platform,
    find: Finder = webbrowser.get,
) -> bool:
    """Open `url` in a browser, and tell whether that was done.

    OPEN=0 forbids it. Any other OPEN demands it. Without OPEN it is done where `stream` is a
    terminal on a screen of this machine, and not with a browser for the terminal, which would
    take the terminal over.
    """
    asked = environ.get(OPEN_VARIABLE, "").lower()
    if asked in _NEVER or not (asked or _somebody_looks(stream, environ, platform)):
        return False
    try:
        browser = find()
        return bool(asked or _has_windows(browser)) and browser.open(url)
    except (webbrowser.Error, OSError):
        return False


def _somebody_looks(stream: TextIO, environ: Mapping[str, str], platform: str) -> bool:
    has_screen = platform == "darwin" or any(environ.get(name) for name in _SCREENS)
    return stream.isatty() and has_screen and not any(environ.get(name) for name in _NOBODY_LOOKS)


def _has_windows(browser: webbrowser.BaseBrowser) -> bool:
    # Python has this very class, and none derived from it, for programs such as lynx and w3m.
    return type(browser) is not webbrowser.GenericBrowser
