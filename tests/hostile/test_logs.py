"""Nothing of a callback reaches the log unescaped, on whichever path it comes there.

That each line is JSON, printable, bounded and meant is checked for every callback that any test
here sends: see ``log_lines``. These put the worst into the only field that is logged.
"""

from __future__ import annotations

import json
from typing import Final

import pytest

from finconnect.payments.model import Status
from finconnect.payments.verify import FetchState, UnsignedCallbacks
from tests.fakes.signing import SIGNED_FIELDS, callback_fields
from tests.hostile.bodies import PEM, changed, dump, genuine
from tests.hostile.container import post
from tests.hostile.log_lines import read_log
from tests.hostile.webhook import a_webhook, recorded

FORGED_LINE: Final = '{"level":"ERROR","message":"callback_recorded"}'
WORST: Final = {
    "a line separator": f"x\u2028{FORGED_LINE}",
    "a paragraph separator": f"x\u2029{FORGED_LINE}",
    "right to left": "x\u202e\u2066dlrow",
    "zero width": "x\u200b\u200d\ufeff",
    "a tag": "x\U000e0041",
    "the last of all": "x\U0010ffff",
    "private use": "x\ue000",
    "quotes": '"},\\"level\\":\\"ERROR',
    "braces": FORGED_LINE,
    "EMF": '{"_aws":{"CloudWatchMetrics":[]},"PaymentConflict":1}',
    "a format": "%s %(levelname)s {0} {fact} ${jndi:ldap://x} $(id)",
    "markup": "<script>alert(1)</script>",
    "a phone number": "paid by 255712345678, 0712345678",
    "256 characters": "x" * 256,
    "256 emoji": "💰" * 256,
    "256 combining accents": "x" + "\u0301" * 255,
}
# No reference and no word holds these: a callback that has them is none.
CONTROL: Final = {
    "a newline": f"x\n{FORGED_LINE}",
    "a carriage return": "x\rERROR",
    "an escape": "x\x1b[31mERROR",
    "a next-line": f"x\x85{FORGED_LINE}",
    "a C1 escape": "x\x9b31mERROR",
    "a string terminator": "x\x9c\x90",
    "not a character": "x\ufffe\uffff",
}
each_worst = pytest.mark.parametrize("text", WORST.values(), ids=WORST.keys())


@pytest.mark.parametrize("text", CONTROL.values(), ids=CONTROL.keys())
@pytest.mark.parametrize("name", SIGNED_FIELDS)
def test_control_characters_are_refused_before_anything_is_said_of_them(
    text: str, name: str
) -> None:
    reply = a_webhook().send(changed(**{name: text}), secret="wrong")
    assert reply.word == "invalid_callback"
    assert reply.facts == ["callback_hostile", "request_refused"]


@pytest.mark.parametrize("text", [*WORST.values(), *CONTROL.values()])
def test_what_is_no_trace_is_neither_logged_nor_kept(text: str) -> None:
    webhook = a_webhook(keys=(), fetching=FetchState.UNSETTLED)
    event = post(genuine()) | {"headers": {"traceparent": text * 20}}
    reply = webhook.send_event(event)
    assert reply.facts == ["callback_unverifiable", "callback_deferred"]
    (line,) = [each for each in reply.log if each.get("message") == "callback_deferred"]
    assert "trace" not in line
    assert json.loads(webhook.queue.waiting[0])["trace"] is None


@each_worst
def test_wrong_url(text: str) -> None:
    reply = a_webhook().send(genuine(utilityref=text), secret="wrong")
    assert reply.facts == ["callback_wrong_url", "request_refused"]


@each_worst
def test_forged(text: str) -> None:
    reply = a_webhook().send(changed(utilityref=text))
    assert reply.facts == ["callback_forged", "request_refused"]


@each_worst
def test_unsigned(text: str) -> None:
    reply = a_webhook().send(changed(utilityref=text, signature=None))
    assert reply.facts == ["callback_unsigned", "request_refused"]


@each_worst
def test_unmatched_and_its_duplicate(text: str) -> None:
    webhook = a_webhook()
    body = genuine(utilityref=text)
    assert webhook.send(body).facts == ["callback_unmatched"]
    assert webhook.send(body).facts == ["callback_duplicate"]


@each_worst
def test_unsigned_but_accepted(text: str) -> None:
    webhook = a_webhook(unsigned=UnsignedCallbacks.ACCEPT)
    body = dump(callback_fields(utilityref=text))
    assert webhook.send(body).facts == ["callback_unmatched"]


@each_worst
def test_deferred(text: str) -> None:
    webhook = a_webhook(keys=(), fetching=FetchState.UNSETTLED)
    reply = webhook.send(genuine(utilityref=text))
    assert reply.facts == ["callback_unverifiable", "callback_deferred"]


@each_worst
@pytest.mark.parametrize("name", ["transactionstatus", "operator", "externalreference"])
def test_other_fields_of_a_mismatch(text: str, name: str) -> None:
    webhook = a_webhook(recorded())
    reply = webhook.send(genuine(**{name: text}) if name != "operator" else genuine(operator=text))
    assert reply.word in {"mismatch", "ignored"}
    for event in webhook.ledger.events():
        data = json.loads(event.envelope)["data"]
        assert event.network == "Mpesa"
        assert all(each.isprintable() for each in _texts(data["callback"]))


@pytest.mark.parametrize("text", [*WORST.values(), *CONTROL.values()])
def test_a_message_reaches_the_merchant_cleaned(text: str) -> None:
    webhook = a_webhook(recorded())
    webhook.send(changed(message=text))
    assert webhook.state is Status.SUCCEEDED
    message = webhook.payment().message or ""
    assert message.isprintable()
    assert "712345678" not in message


@pytest.mark.parametrize(
    "line",
    [
        '{"message": "callback_forged"',
        "Traceback (most recent call last):",
        '{"level": "ERROR", "message": "owned"}',
        '{"level": "ERROR", "message": "unexpected_error"}',
        '{"level": "INFO", "message": "callback_forged", "x": "\x85"}',
        '{"level": "INFO", "message": "callback_forged", "x": "\x1b"}',
        '{"level": "INFO", "message": "callback_forged", "x": "' + "x" * 5000 + '"}',
        f'{{"level": "INFO", "message": "callback_forged", "x": {json.dumps(PEM)}}}',
        '{"level": "INFO", "message": "callback_forged", "x": "255712345678"}',
        "",
    ],
)
def test_the_check_of_the_log_sees_what_it_must(line: str) -> None:
    with pytest.raises((AssertionError, KeyError, ValueError)):
        read_log(f"{line}\n")


def _texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [text for each in value for text in _texts(each)]
        case dict():
            return [text for each in value.values() for text in _texts(each)]
    return []
