"""Breaks a copy of the template in one place, to see that a rule notices."""

from collections.abc import Callable

from tests.template.nodes import Json, Node

type Step = str | int
type Break = Callable[[Node, Node], None]


def put(*path: Step, to: object) -> Break:
    """Put this value at that place of template.yaml."""
    return lambda template, _: _put(template, path, to)


def drop(*path: Step) -> Break:
    """Take away what is at that place of template.yaml."""
    return lambda template, _: _drop(template, path)


def put_in_api(*path: Step, to: object) -> Break:
    """Put this value at that place of openapi.yaml."""
    return lambda _, openapi: _put(openapi, path, to)


def drop_from_api(*path: Step) -> Break:
    """Take away what is at that place of openapi.yaml."""
    return lambda _, openapi: _drop(openapi, path)


def add(name: str, kind: str, **properties: object) -> Break:
    """Add a resource."""
    return put("Resources", name, to={"Type": kind, "Properties": properties})


def _put(document: Json, path: tuple[Step, ...], value: object) -> None:
    _within(document, path)[path[-1]] = value


def _drop(document: Json, path: tuple[Step, ...]) -> None:
    del _within(document, path)[path[-1]]


def _within(document: Json, path: tuple[Step, ...]) -> Json:
    for step in path[:-1]:
        document = document[step]
    return document
