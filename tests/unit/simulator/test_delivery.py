"""The callback URL holds a secret: only its host is ever shown."""

import pytest

from simulator.delivery import _without_path, masked_url

URL = "http://user:pw@127.0.0.1:4566/api/webhooks/azampay/0123456789abcdefSECRET"


@pytest.mark.parametrize(
    ("url", "shown"),
    [(URL, "http://127.0.0.1:4566/***"), ("https://h/?s=x", "https://h/***"), (None, "")],
)
def test_only_scheme_and_host_are_shown(url: str | None, shown: str) -> None:
    assert masked_url(url) == shown


@pytest.mark.parametrize(
    "text",
    [
        "no route /api/webhooks/azampay/0123456789abcdefSECRET",
        "bad secret 0123456789abcdefSECRET!",
    ],
)
def test_an_answer_that_quotes_the_path_is_masked(text: str) -> None:
    masked = _without_path(text.encode(), URL)
    assert b"SECRET" not in masked
    assert b"***" in masked


@pytest.mark.parametrize("url", ["http://h", "http://h/"])
def test_a_url_without_path_masks_nothing(url: str) -> None:
    assert _without_path(b"a/b", url) == b"a/b"
