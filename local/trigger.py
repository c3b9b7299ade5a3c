"""`python -m local.trigger`: a callback as AzamPay would build it, and what it leads to.

It is posted to the webhook of the local stack or of a deployed one. The request, the answer and
what the ledger then says are printed.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from finconnect.errors import FinConnectError
from local.callback_orders import (
    OrderError,
    order_for,
    other_secret,
    sent_from_here,
    webhook_url_of,
)
from local.errors import LocalStackError
from local.target import Target, environment_of, find_target
from ops.history import history
from ops.stack import StackError
from simulator.behaviours import EVENTS, Tamper

URL_SECRET = "url-secret"  # noqa: S105 - what is tampered with
SECONDS_PER_CALLBACK = 40.0
SIGNED_HERE = """\
Signed with a key of this machine, which a deployed stack does not know, so a signed callback is
refused there. What is possible: TAMPER=unsigned where the stack runs with UnsignedCallbacks=accept;
or SEED=1, and the public half of that seed's key in the stack's public key parameter
(python -m simulator --seed 1 publishes it). Never in production."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every callback was answered, whatever with; 1 if not, 2 if nothing could be sent."""
    options = _options(arguments)
    try:
        target = find_target(options.stack)
        deliveries = _send(target, options)
        for number, delivery in enumerate(deliveries, start=1):
            print("\n".join(delivery_lines(delivery, number, len(deliveries))), flush=True)
        if options.url:
            print("\nThe URL was given, so no ledger is asked.")
        else:
            print("\nThe ledger says")
            reference = json.loads(deliveries[0]["request"]["body"])["utilityref"]
            for line in history(target.stack, reference):
                print(f"  {line}")
    except (
        OrderError,
        LocalStackError,
        StackError,
        FinConnectError,
        ClientError,
        BotoCoreError,
        httpx.HTTPError,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return int(any(delivery["answer"] is None for delivery in deliveries))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.trigger", description=__doc__)
    add = parser.add_argument
    add("--event", default="success", choices=sorted(EVENTS), help="default %(default)s")
    add(
        "--tamper",
        choices=[*sorted(each.value for each in Tamper), URL_SECRET],
        help="how the callback lies",
    )
    add("--times", type=int, default=1, help="how often it is sent (1 to 100)")
    add("--ref", metavar="EXTERNAL_ID", help="the payment (default: the one prompted last)")
    add("--url", help="post it elsewhere")
    add("--stack", help="a deployed stack (default: the one of `make run`)")
    add("--seed", type=int, help="for a deployed stack: sign with the key of this seed")
    return parser.parse_args(arguments)


def _send(target: Target, options: argparse.Namespace) -> list[dict[str, Any]]:
    is_deployed = target.simulator_url is None
    if is_deployed and environment_of(target.stack) == "production":
        raise OrderError(f"{target.stack.name} is in production: invented callbacks stay out of it")
    order: dict[str, Any] = {"event": options.event, "times": options.times}
    if options.tamper == URL_SECRET:
        url = options.url or webhook_url_of(target)
        order |= {"url": other_secret(url)}
    else:
        is_own = options.url is None and not is_deployed
        order |= {} if is_own else {"url": options.url or webhook_url_of(target)}
        order |= {"tamper": options.tamper} if options.tamper else {}
    order |= order_for(target, options.ref)
    if target.simulator_url is not None:
        return _post(target.simulator_url, order)
    if options.tamper != Tamper.UNSIGNED:
        print(f"{SIGNED_HERE}\n", flush=True)
    with sent_from_here(options.seed) as base_url:
        return _post(base_url, order)


def _post(base_url: str, order: Mapping[str, Any]) -> list[dict[str, Any]]:
    answer = httpx.post(
        f"{base_url}/_simulator/callbacks",
        json=dict(order),
        timeout=SECONDS_PER_CALLBACK * max(1, order["times"]),
        trust_env=False,
    )
    if answer.is_client_error:
        raise OrderError(answer.json()["error"])
    deliveries: list[dict[str, Any]] = answer.raise_for_status().json()["deliveries"]
    return deliveries


def delivery_lines(delivery: Mapping[str, Any], number: int, count: int) -> Iterator[str]:
    """A callback and its answer as text; the URL's secret is masked already."""
    request, answer = delivery["request"], delivery["answer"]
    which = f" ({number} of {count})" if count > 1 else ""
    yield f"{request['method']} {request['url']}{which}"
    yield from (f"{name}: {value}" for name, value in request["headers"])
    yield f"\n{request['body']}\n"
    if delivery["signatureInput"] is not None:
        yield f"Signed text: {delivery['signatureInput']}"
    if answer is None:
        yield f"No answer: {delivery['error']}"
    else:
        yield f"Answered {answer['status']}: {answer['body']}"


if __name__ == "__main__":
    sys.exit(main())
