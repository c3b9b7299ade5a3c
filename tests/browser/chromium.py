"""The browser that tools/chromium.sh has seen to."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

# As quiet as a browser can be: nothing here may talk to anybody but the simulator.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A headless Chromium that keeps everything of its own in ``folder``."""
    # Some desktops' settings would come along with the real home.
    environment: dict[str, str | float | bool] = {
        **os.environ,
        "HOME": str(folder),
        "TMPDIR": str(folder),
    }
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=_program(), args=list(FLAGS), headless=True, env=environment
        ) as running,
    ):
        yield running


def _program() -> str:
    found = filter(None, map(shutil.which, filter(None, (os.environ.get("CHROMIUM"), *NAMES))))
    return next(found)
