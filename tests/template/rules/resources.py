"""Finding one's way in a deployed template: what the rules have in common."""

import json
import re
from collections.abc import Callable, Iterator, Mapping

from tests.template.nodes import Json

type Template = Mapping[str, Json]
type Resource = Mapping[str, Json]
type Problems = list[str]
type Rule = Callable[[Template], Problems]


def of_type(template: Template, kind: str) -> dict[str, Resource]:
    """The properties of every resource of this type, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def target(node: Json) -> str:
    """A resource reference as one text: `Queue.Arn`, `Topic`, or what an Fn::Sub says."""
    if isinstance(node, Mapping):
        if "Ref" in node:
            return str(node["Ref"])
        if "Fn::GetAtt" in node:
            return ".".join(node["Fn::GetAtt"])
        if "Fn::Sub" in node:
            return str(node["Fn::Sub"])
    return str(node)


def logical_id(node: Json) -> str:
    """Which resource a reference or an attribute belongs to."""
    return target(node).split(".")[0]


def function_of(template: Template, node: Json) -> str:
    """The function that a reference to it, or to an alias of it, invokes."""
    invoked = logical_id(node)
    alias = of_type(template, "AWS::Lambda::Alias").get(invoked)
    return logical_id(alias["FunctionName"]) if alias else invoked


def as_list(value: Json) -> list[Json]:
    """What AWS takes as one or as a list of them, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def strings(node: Json) -> Iterator[str]:
    """Every text within a part of the template."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


def mentions(node: Json, pattern: str) -> list[str]:
    """What in a part of the template matches the pattern."""
    return re.findall(pattern, json.dumps(node))


def statements(role: Resource) -> list[Mapping[str, Json]]:
    """Every statement of a role's own policies."""
    return [
        statement
        for policy in role.get("Policies", [])
        for statement in as_list(policy["PolicyDocument"]["Statement"])
    ]
