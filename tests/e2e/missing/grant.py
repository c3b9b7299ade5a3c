"""One right of one role: an action on a resource, and what shows that the role needs it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from tests.e2e.levers import Levers
from tests.e2e.support import World

type Without = Callable[[], AbstractContextManager[None]]
"""Inside of what it returns, the role lacks the right."""
type Proof = Callable[[World, Without], None]
"""Sees the one thing fail that the right allows, and sees it work again once it is back."""
type Proofs = Mapping["Grant", Proof]


class Grant(NamedTuple):
    """An action of a statement (`sid`) in a role's policy, on a resource by its logical id."""

    role: str
    sid: str
    action: str
    resource: str


@contextmanager
def without(world: Levers, *grants: Grant) -> Iterator[None]:
    """Inside, a role's own policy lacks these rights and has all others; then it has all again."""
    iam: Any = world.stack.aws.client("iam")
    role = world.resource(grants[0].role)
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    taken = {(each.sid, each.action, _arn_in(document, each, world)) for each in grants}
    less = {**document, "Statement": [s for s in _one_by_one(document) if _key(s) not in taken]}
    assert len(less["Statement"]) == len(_one_by_one(document)) - len(taken), "no such right"
    _put(iam, role, name, _nameless(less))
    try:
        yield
    finally:
        _put(iam, role, name, document)


def _one_by_one(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The policy's statements with one action and one resource each."""
    return [
        {**statement, "Action": action, "Resource": resource}
        for statement in document["Statement"]
        for action in _as_list(statement["Action"])
        for resource in _as_list(statement["Resource"])
    ]


def _arn_in(document: Mapping[str, Any], grant: Grant, world: Levers) -> str:
    """The resource of the grant, as the deployed policy names it."""
    named = {s["Resource"] for s in _one_by_one(document) if s["Sid"] == grant.sid}
    if len(named) == 1:
        return str(named.pop())
    # A secret is named by its ARN, which its name is a part of.
    name = world.resource(grant.resource).rsplit(":", 1)[-1]
    (found,) = [arn for arn in named if name in arn]
    return str(found)


def _key(statement: Mapping[str, Any]) -> tuple[str, str, str]:
    return statement["Sid"], statement["Action"], statement["Resource"]


def _nameless(document: Mapping[str, Any]) -> dict[str, Any]:
    # Names of statements must be unique, and one statement has become several.
    nameless = [{k: v for k, v in s.items() if k != "Sid"} for s in document["Statement"]]
    return {**document, "Statement": nameless}


def _put(iam: Any, role: str, name: str, document: Mapping[str, Any]) -> None:  # noqa: ANN401
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [value]
