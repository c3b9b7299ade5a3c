import shutil
import subprocess

from local.events import ReceivedEvent
from local.progress import Style
from local.summary import (
    StackFacts,
    curl_command,
    format_answer,
    format_event,
    summary,
)

PLAIN = Style(is_coloured=False)
FACTS = StackFacts(
    stack_name="the-stack",
    endpoint="http://127.0.0.1:4566",
    payment_url="http://127.0.0.1:4566/payments/azampay",
    webhook_url="http://127.0.0.1:4566/webhooks/azampay/s3cret",
    api_key="the-key",
    topic_arn="arn:aws:sns:us-east-1:000000000000:events",
    table_name="the-table",
    simulator_url="http://127.0.0.1:5555",
    logs="/somewhere/logs",
)


def event(**changes: object) -> ReceivedEvent:
    data = {"status": "succeeded", "amount": "1000", "currency": "TZS", **changes}
    return ReceivedEvent("1", "payment.succeeded", "ORDER-1", "now", data, {}, {})


def test_the_summary_has_everything_a_person_needs() -> None:
    text = summary(FACTS, PLAIN)
    for fact in vars(FACTS).values():
        assert fact in text
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:4566 " in text
    assert "\x1b" not in text


def test_the_pasted_command_makes_a_new_external_id_and_valid_json() -> None:
    # What the shell makes of it, with a program in the place of curl that prints its arguments.
    shell = shutil.which("sh")
    assert shell is not None
    command = curl_command(FACTS.payment_url, FACTS.api_key).replace("curl -i", "printf '%s\\n'")
    done = subprocess.run([shell, "-c", command], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert "X-API-Key: the-key" in lines
    assert '"externalId": "ORDER-1' in lines[-1]
    assert "$" not in lines[-1]


def test_an_event_is_one_line_with_its_time_type_and_status() -> None:
    line = format_event(event(verification="signature"), 1.234, PLAIN)
    assert line == (
        "  +  1.23 s  payment.succeeded      ORDER-1  succeeded  1000 TZS  verified by signature"
    )


def test_an_event_without_a_payment_has_no_amount() -> None:
    orphan = ReceivedEvent("1", "callback.unmatched", "ORDER-9", "now", {}, {}, {})
    assert format_event(orphan, 0, PLAIN) == "  +  0.00 s  callback.unmatched     ORDER-9  -"


def test_colours_are_put_around_the_status_only_where_wanted() -> None:
    assert "\x1b[32msucceeded\x1b[0m" in format_event(event(), 0, Style(is_coloured=True))


def test_the_answer_is_told_with_the_status_or_the_problem() -> None:
    assert format_answer(202, {"status": "pending"}, 0.5).endswith("HTTP 202               pending")
    assert format_answer(503, {"status": 503, "code": "unavailable"}, 0).endswith("unavailable")
    assert format_answer(502, None, 0).endswith("HTTP 502")
