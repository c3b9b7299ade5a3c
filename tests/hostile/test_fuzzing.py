"""Generated callbacks, bodies and events: at least 20,000 in each run, counted.

Whatever comes, the answer is one of five, nothing is raised, nothing hostile is logged, and the
payment stays as it is unless the callback says and proves what settles it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from finconnect.payments.model import Status
from tests.hostile import counting
from tests.hostile.bodies import genuine
from tests.hostile.container import URL_SECRET, post
from tests.hostile.mutations import (
    MUTATIONS,
    NAMES,
    TEXTS,
    Draft,
    draft,
    sign_again,
)
from tests.hostile.properties import STATES, World, hold
from tests.hostile.webhook import a_webhook, recorded

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

BODY: Final = genuine()
# No shrinking towards an explanation: it costs as much as it finds.
PHASES: Final = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


def run(least: int, check: Callable[[Any], None], examples: SearchStrategy[Any]) -> None:
    """Check at least so many examples, and count them."""
    counted = 0

    @settings(max_examples=least, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(examples)
    def each(example: Any) -> None:  # noqa: ANN401
        nonlocal counted
        counted += 1
        check(example)

    each()
    counting.add(counted)
    assert counted >= least


numbers = st.integers(0, 4095)
steps = st.lists(
    st.tuples(
        st.sampled_from(MUTATIONS), st.sampled_from(NAMES), st.sampled_from(TEXTS), numbers
    ),
    max_size=3,
)  # fmt: skip
worlds = st.builds(
    World,
    st.sampled_from(STATES),
    accepts_unsigned=st.booleans(),
    has_key=st.booleans(),
    key_is_fresh=st.booleans(),
    encoded=st.booleans(),
)


def build(there: Draft, choices: list[tuple[Any, str, str, int]]) -> Draft:
    for mutation, name, text, number in choices:
        there = mutation(there, name, text, number)
    return there


def test_damaged_callbacks() -> None:
    def check(example: tuple[Any, Any]) -> None:
        choices, where = example
        hold(where, build(draft(), choices).dump())

    run(9_000, check, st.tuples(steps, worlds))


def test_callbacks_that_azampay_signs_whatever_they_say() -> None:
    def check(example: tuple[Any, Any]) -> None:
        choices, where = example
        there = sign_again(build(draft(), choices), "", "", 0)
        hold(where, there.dump())

    run(3_000, check, st.tuples(steps, worlds))


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def test_callbacks_with_arbitrary_fields() -> None:
    def check(example: tuple[dict[str, Any], Any]) -> None:
        changes, where = example
        hold(where, draft(**changes).dump())

    fields = st.dictionaries(st.sampled_from((*NAMES, "currency")), any_json, max_size=3)
    run(2_000, check, st.tuples(fields, worlds))


def test_damaged_bytes() -> None:
    def check(example: tuple[list[tuple[int, int, bytes]], Any]) -> None:
        changes, where = example
        body = BODY
        for at, length, piece in changes:
            start = at % (len(body) + 1)
            body = body[:start] + piece + body[start + length :]
        hold(where, body)

    change = st.tuples(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=8))
    run(3_500, check, st.tuples(st.lists(change, max_size=4), worlds))


def test_arbitrary_bytes() -> None:
    def check(example: tuple[bytes, Any]) -> None:
        body, where = example
        hold(where, body)

    run(1_500, check, st.tuples(st.binary(max_size=300), worlds))


secrets = (
    st.just(URL_SECRET)
    | st.text(max_size=60)
    | st.integers(0, len(URL_SECRET)).map(lambda at: URL_SECRET[:at] + "\u0430" + URL_SECRET[at:])
)
texts = (
    st.none()
    | st.text(max_size=200)
    | st.text(alphabet=st.characters(), max_size=50)
    | st.integers(0, len(BODY)).map(lambda at: BODY.decode()[:at])
    | st.binary(max_size=100).map(lambda each: base64.b64encode(each).decode())
    | st.sampled_from([BODY.decode(), base64.b64encode(BODY).decode()])
)
headers = st.none() | st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=3)
events = st.fixed_dictionaries(
    {
        "body": texts,
        "isBase64Encoded": st.booleans() | st.none(),
        "pathParameters": st.fixed_dictionaries({"secret": secrets}),
    },
    optional={
        "headers": headers,
        "multiValueHeaders": st.none(),
        "queryStringParameters": headers,
        "requestContext": st.dictionaries(st.text(max_size=5), any_json, max_size=2),
        "path": st.text(max_size=40),
    },
)


def test_events_of_the_gateway() -> None:
    def check(parts: dict[str, Any]) -> None:
        webhook = a_webhook(recorded())
        reply = webhook.send_event(post(BODY) | parts)
        body = parts["body"]
        carried = {False: BODY.decode(), True: base64.b64encode(BODY).decode()}
        sent = body == carried[bool(parts["isBase64Encoded"])]
        right = parts["pathParameters"]["secret"] == URL_SECRET
        assert (webhook.state is Status.SUCCEEDED) is (sent and right)
        assert (reply.status == 200) is (sent and right)

    run(2_000, check, events)
