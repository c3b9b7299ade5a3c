"""Reads template.yaml and openapi.yaml, and makes of them what CloudFormation would deploy."""

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.template.conditions import settle
from tests.template.nodes import Json, Node

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"
OPENAPI = ROOT / "openapi.yaml"
DASHBOARD = ROOT / "dashboard.yaml"
SAMCONFIG = ROOT / "samconfig.toml"


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, read as the long ones."""


def _long_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> Node:
    value: Json
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if name == "Ref":
        return {"Ref": value}
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{name}": value}


_TemplateLoader.add_multi_constructor("!", _long_form)


@cache
def _template() -> Node:
    document: Node = yaml.load(TEMPLATE.read_text(), _TemplateLoader)  # noqa: S506 (a SafeLoader)
    return document


@cache
def _openapi() -> Node:
    # CloudFormation reads an included file without its short forms: so does the plain loader.
    document: Node = yaml.safe_load(OPENAPI.read_text())
    return document


def read_template() -> Node:
    """template.yaml in long form, to be changed at will."""
    return copy.deepcopy(_template())


def read_openapi() -> Node:
    """openapi.yaml as it is written, intrinsic functions included, to be changed at will."""
    return copy.deepcopy(_openapi())


def deployed(template: Node, openapi: Node, parameters: Mapping[str, str] | None = None) -> Node:
    """The template as CloudFormation would carry it out with these parameters.

    In CloudFormation's order: the include, then SAM's transform, then the conditions. References
    and attributes stay as they are.
    """
    source = copy.deepcopy(template)
    for resource in source["Resources"].values():
        _prepare(resource["Properties"], openapi)
    values = {name: p.get("Default") for name, p in source["Parameters"].items()} | dict(
        parameters or {}
    )
    translated = Translator({}, Parser()).translate(source, values)
    plain: Node = json.loads(json.dumps(translated))
    return settle(plain, values)


def described_api(openapi: Node, parameters: Mapping[str, str]) -> Node:
    """The API's description with its conditions settled and every other function a plain text."""
    api = deployed(read_template(), openapi, parameters)["Resources"]["Api"]["Properties"]["Body"]
    described: Node = _without_functions(api)
    return described


def _prepare(properties: Node, openapi: Node) -> None:
    body = properties.get("DefinitionBody")
    if isinstance(body, dict) and "Fn::Transform" in body:
        location = body["Fn::Transform"]["Parameters"]["Location"]
        assert location == OPENAPI.name, location
        properties["DefinitionBody"] = copy.deepcopy(openapi)
    if (dashboard := properties.get("DashboardBody")) is not None:
        assert dashboard["Fn::Transform"]["Parameters"]["Location"] == DASHBOARD.name, dashboard
        properties["DashboardBody"] = yaml.safe_load(DASHBOARD.read_text())
    for code in ("CodeUri", "ContentUri"):
        # The transform takes uploaded code only.
        if not str(properties.get(code, "s3://")).startswith("s3://"):
            properties[code] = "s3://bucket/key"


def _without_functions(node: Json) -> Json:
    if isinstance(node, list):
        return [_without_functions(item) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1 and (text := node.get("Fn::Sub") or node.get("Ref")) is not None:
        return text
    return {name: _without_functions(value) for name, value in node.items()}
