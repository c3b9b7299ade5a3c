"""The texts that `make run` prints."""

import json
from dataclasses import dataclass

from local.environment import local_credentials
from local.events import ReceivedEvent
from local.payments import example_payment
from local.progress import Style

TYPE_WIDTH = 22
STATUS_COLOURS = {"succeeded": "green", "failed": "red", "rejected": "red"}
# Replaced by the shell each time that the command is pasted: a payment's externalId is used once.
NEW_ID = "ORDER-'$(date +%s)'"
PAGE_HAS = "        the payers' phones, every payment to the byte, and the test numbers"


@dataclass(frozen=True)
class StackFacts:
    """What a person needs to know about the running stack."""

    stack_name: str
    endpoint: str
    payment_url: str
    webhook_url: str
    api_key: str
    topic_arn: str
    table_name: str
    simulator_url: str
    logs: str


def curl_command(payment_url: str, api_key: str) -> str:
    """A command that sends a payment: a new one whenever it is pasted into a shell."""
    body = json.dumps(example_payment(NEW_ID))
    return (
        f"curl -i -X POST {payment_url} \\\n"
        f"  -H 'X-API-Key: {api_key}' \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )


def aws_cli_lines(endpoint: str) -> str:
    """What points the AWS CLI of a shell at the emulator."""
    return "export " + " ".join(
        f"{name}={value}" for name, value in local_credentials(endpoint).items()
    )


def summary(facts: StackFacts, style: Style) -> str:
    """All that a person can do with the running stack."""
    lines = [
        ("Payments API", facts.payment_url),
        ("Webhook", facts.webhook_url),
        ("Event topic", facts.topic_arn),
        ("Ledger table", facts.table_name),
        ("AzamPay", f"{facts.simulator_url} (simulated)"),
        ("Logs", facts.logs),
    ]
    table = "\n".join(f"  {style.paint(f'{name:<13}', 'bold')} {value}" for name, value in lines)
    return "\n\n".join(
        (
            style.paint("FinConnect runs on this machine.", "bold"),
            f"  {style.paint('Open', 'green')}  {style.paint(facts.simulator_url, 'bold')}\n"
            + PAGE_HAS,
            table,
            f"{style.paint('Send a payment', 'bold')} (a new externalId each time); "
            "its phone rings on that page\n\n"
            + _indented(curl_command(facts.payment_url, facts.api_key)),
            f"{style.paint('Use the AWS CLI on it', 'bold')}\n\n"
            + _indented(
                f"{aws_cli_lines(facts.endpoint)}\n"
                f"aws dynamodb scan --table-name {facts.table_name}"
            ),
            f"{style.paint('Operate it', 'bold')} (after that same export)\n\n"
            + _indented(f"make history ID=... STACK={facts.stack_name}"),
        )
    )


def format_event(event: ReceivedEvent, seconds: float, style: Style) -> str:
    """One line: when (in seconds since the start), what, whose, and the status then."""
    status = str(event.data.get("status", "-"))
    painted = style.paint(status, STATUS_COLOURS.get(status, "yellow"))
    amount = event.data.get("amount")
    money = "" if amount is None else f"  {amount} {event.data.get('currency', '')}".rstrip()
    proof = event.data.get("verification")
    verified = "" if proof is None else f"  verified by {proof}"
    what = f"{event.type:<{TYPE_WIDTH}} {event.subject}"
    return f"  +{seconds:6.2f} s  {what}  {painted}{money}{verified}"


def format_answer(status_code: int, payment: object, seconds: float) -> str:
    """The line for the API's own answer to a payment."""
    status = payment.get("code") or payment.get("status") if isinstance(payment, dict) else None
    return f"  +{seconds:6.2f} s  {f'HTTP {status_code}':<{TYPE_WIDTH}} {status or ''}".rstrip()


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
