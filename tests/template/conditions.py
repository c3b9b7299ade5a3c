"""Settles a template's conditions for given parameters, as CloudFormation does at the start."""

from collections.abc import Callable, Mapping

from tests.template.nodes import Json

_NO_VALUE = object()


def settle(template: dict[str, Json], parameters: Mapping[str, Json]) -> dict[str, Json]:
    """The template without conditions: what they rule out is gone, and so is every Fn::If."""
    verdicts = {
        name: _is_true(condition, parameters)
        for name, condition in template.get("Conditions", {}).items()
    }
    kept = {
        name: _settled(resource, verdicts.__getitem__)
        for name, resource in template["Resources"].items()
        if verdicts.get(resource.get("Condition"), True)
    }
    outputs = _settled(template["Outputs"], verdicts.__getitem__)
    return template | {"Resources": kept, "Outputs": outputs}


def _is_true(condition: Json, parameters: Mapping[str, Json]) -> bool:
    ((function, operands),) = condition.items()
    if function == "Fn::Not":
        return not _is_true(operands[0], parameters)
    if function == "Fn::Equals":
        left, right = (_value(operand, parameters) for operand in operands)
        return str(left) == str(right)  # CloudFormation compares texts: a number is one, too
    raise AssertionError(f"conditions use {function}, which is not known here")


def _value(operand: Json, parameters: Mapping[str, Json]) -> Json:
    return parameters[operand["Ref"]] if isinstance(operand, dict) else operand


def _settled(node: Json, holds: Callable[[str], bool]) -> Json:
    if isinstance(node, list):
        items = [_settled(item, holds) for item in node]
        return [item for item in items if item is not _NO_VALUE]
    if not isinstance(node, dict):
        return node
    if set(node) == {"Fn::If"}:
        name, chosen, other = node["Fn::If"]
        return _settled(chosen if holds(name) else other, holds)
    if node == {"Ref": "AWS::NoValue"}:
        return _NO_VALUE
    values = {name: _settled(value, holds) for name, value in node.items()}
    return {name: value for name, value in values.items() if value is not _NO_VALUE}
