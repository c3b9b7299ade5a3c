"""The secret in the path: every other one is 404, as if nothing were there."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import pytest

from tests.hostile.bodies import changed, genuine
from tests.hostile.container import URL_SECRET
from tests.hostile.webhook import a_webhook, recorded

WRONG: Final = {
    "empty": "",
    "a space": " ",
    "in upper case": URL_SECRET.upper(),
    "in title case": URL_SECRET.title(),
    "its beginning": URL_SECRET[:-1],
    "half of it": URL_SECRET[: len(URL_SECRET) // 2],
    "its end": URL_SECRET[1:],
    "one character": URL_SECRET[0],
    "with one more": f"{URL_SECRET}x",
    "with a space": f"{URL_SECRET} ",
    "with a newline": f"{URL_SECRET}\n",
    "with a NUL": f"{URL_SECRET}\0",
    "with %00": f"{URL_SECRET}%00",
    "with a slash": f"{URL_SECRET}/",
    "with dots": f"../{URL_SECRET}",
    "percent-encoded": "".join(f"%{ord(each):02x}" for each in URL_SECRET),
    "one character percent-encoded": URL_SECRET.replace("-", "%2D", 1),
    "percent-encoded twice": quote(quote(f"{URL_SECRET}é")),
    "twice": URL_SECRET * 2,
    "in reverse": URL_SECRET[::-1],
    "with a Cyrillic a": URL_SECRET.replace("a", "\u0430", 1),
    "with a full-width a": URL_SECRET.replace("a", "\uff41", 1),
    "with full-width digits": URL_SECRET.replace("0", "\uff10"),
    "with a soft hyphen": URL_SECRET.replace("-", "\u00ad", 1),
    "with a real hyphen": URL_SECRET.replace("-", "\u2010", 1),
    "with a zero-width space": f"\u200b{URL_SECRET}",
    "with a combining accent": f"{URL_SECRET}\u0301",
    "with a byte order mark": f"\ufeff{URL_SECRET}",
    "a lone surrogate": "\ud800",
    "with a lone surrogate": f"{URL_SECRET}\udfff",
    "surrogates in the wrong order": "\udc00\ud800",
    "very long": URL_SECRET * 20_000,
    "long emoji": "💰" * 100_000,
    "a log line": f'{URL_SECRET}"}}\n{{"level":"ERROR"}}',
    "the literal parameter": "{secret}",
    "a star": "*",
    "null": "null",
    "the ARN's name": "url-secret",
    "JSON": f'{{"current":"{URL_SECRET}"}}',
}


@pytest.mark.parametrize("secret", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_secret_is_404_even_for_the_genuine_callback(secret: str) -> None:
    webhook = a_webhook(recorded())
    before = webhook.snapshot()
    reply = webhook.send(genuine(), secret=secret)
    assert (reply.status, reply.word) == (404, "not_found")
    assert reply.facts == ["callback_wrong_url", "request_refused"]
    assert webhook.snapshot() == before


@pytest.mark.parametrize(
    "body", [genuine(), changed(signature=None), changed(signature="AAAA"), changed(amount="1")]
)
def test_a_wrong_secret_learns_nothing_about_the_signature(body: bytes) -> None:
    assert a_webhook(recorded()).send(body, secret="wrong").word == "not_found"


def test_the_right_secret_is_right() -> None:
    assert a_webhook(recorded()).send(genuine()).word == "applied"
