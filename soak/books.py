"""The three sets of books, put together by payment."""

import base64
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from finconnect.payments.aws import items
from finconnect.payments.model import Event, Kept, Payment
from local.events import ReceivedEvent
from local.stack import LocalStack
from soak.plan import Planned

FAILURES = ("failure", "failed")
OUT_OF_SIGHT_SECONDS = 600


@dataclass(frozen=True)
class Told:
    """A callback as the stand-in sent it, and whether the webhook ever answered it with 2xx.

    ``outcome`` is "success", "failure", or another word that settles nothing. ``attempts`` counts
    the sendings of the same bytes.
    """

    digest: str
    outcome: str
    is_genuine: bool
    is_true: bool
    acknowledged: bool
    attempts: int


@dataclass
class Case:
    """All that the three books say of one payment. ``dead`` are digests: of its dead letters."""

    planned: Planned
    prompts: int = 0
    charges: int = 0
    told: Sequence[Told] = ()
    payment: Payment | None = None
    kept: list[Kept] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    received: Counter[str] = field(default_factory=Counter)

    @property
    def external_id(self) -> str:
        """The merchant's own reference."""
        return self.planned.external_id


def read_cases(
    stack: LocalStack, plan: Iterable[Planned], received: Iterable[ReceivedEvent]
) -> Sequence[Case]:
    """Reads the stand-in's book, the ledger and the dead letters, and adds what was received."""
    cases = ledger_cases(stack, plan)
    for digest, external_id in _dead_letters(stack):
        cases[external_id].dead.add(digest)
    for event in received:
        if event.subject in cases:
            cases[event.subject].received[event.id] += 1
    return list(cases.values())


def ledger_cases(stack: LocalStack, plan: Iterable[Planned]) -> dict[str, Case]:
    """The stand-in's book and the ledger, by the merchant's reference."""
    cases = {planned.external_id: Case(planned) for planned in plan}
    add_book(cases, stack.simulator.whole_book())
    for item in _scan(stack):
        _add_item(cases, item)
    return cases


def _dead_letters(stack: LocalStack) -> Iterator[tuple[str, str]]:
    """Digest and reference of each callback that was given up."""
    url = stack.physical_id("CallbackDeadLetterQueue")
    while True:
        answer = stack.aws.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=OUT_OF_SIGHT_SECONDS
        )
        if not answer.get("Messages"):
            return
        for message in answer["Messages"]:
            deferred = json.loads(message["Body"])
            yield deferred["digest"], json.loads(deferred["body"])["utilityref"]


def add_book(cases: Mapping[str, Case], book: Mapping[str, Any]) -> None:
    """Adds the stand-in's own book."""
    payments = {}
    for prompt in book["prompts"]:
        payments[prompt["externalId"]] = prompt["payment"]
        cases[prompt["externalId"]].prompts += 1
    for charge in book["charges"]:
        cases[charge["externalId"]].charges += 1
    callbacks = defaultdict[str, list[dict[str, Any]]](list)
    for attempt in book["callbacks"]:
        callbacks[attempt["externalId"]].append(attempt)
    for external_id, attempts in callbacks.items():
        case = cases[external_id]
        case.told = tuple(_told(attempts, payments[external_id], case.planned.behaviour))


def _told(
    attempts: Sequence[Mapping[str, Any]], payment: Mapping[str, Any], behaviour: str
) -> Iterator[Told]:
    by_body = defaultdict[str, list[Mapping[str, Any]]](list)
    for attempt in attempts:
        by_body[attempt["request"]["bodyBase64"]].append(attempt)
    for encoded, same in by_body.items():
        body = base64.b64decode(encoded)
        fields = json.loads(body)
        is_forged = behaviour == "forged-signature" and same[0]["origin"] == "payment"
        status = fields["transactionstatus"]
        yield Told(
            digest=hashlib.sha256(body).hexdigest(),
            outcome="failure" if status in FAILURES else status,
            is_genuine="signature" in fields and not is_forged,
            is_true=_agrees(fields, payment),
            acknowledged=any(_is_2xx(attempt) for attempt in same),
            attempts=len(same),
        )


def _agrees(fields: Mapping[str, Any], payment: Mapping[str, Any]) -> bool:
    pairs = (
        ("amount", "amount"),
        ("msisdn", "msisdn"),
        ("operator", "network"),
        ("transid", "transactionId"),
    )
    return all(fields[mine] == payment[theirs] for mine, theirs in pairs)


def _is_2xx(attempt: Mapping[str, Any]) -> bool:
    answer = attempt["answer"]
    return answer is not None and answer["status"] is not None and answer["status"] // 100 == 2  # noqa: PLR2004


def _scan(stack: LocalStack) -> Iterator[dict[str, Any]]:
    pages = stack.aws.dynamodb.get_paginator("scan").paginate(
        TableName=stack.outputs.table_name, ConsistentRead=True
    )
    for page in pages:
        yield from page["Items"]


def _add_item(cases: Mapping[str, Case], item: dict[str, Any]) -> None:
    if not item["pk"]["S"].startswith("PAYMENT#"):
        return
    case = cases.get(items.key_of(item["pk"]["S"]).external_id)
    sort_key = item["sk"]["S"]
    if case is None:
        raise ValueError(f"the ledger has a payment that nobody posted: {item['pk']['S']}")
    if sort_key == items.PAYMENT_SK:
        case.payment = items.read_payment(item)
    elif sort_key.startswith(items.CALLBACK_PREFIX):
        case.kept.append(items.read_callback(item))
    else:
        case.events.append(items.read_event(item))
