"""Each house rule notices a template that breaks it."""

import pytest

from tests.template.breakages import (
    deployments,
    flows,
    interfaces,
    secrecy,
    stores,
    watching,
)
from tests.template.breakages.breakage import Breakage
from tests.template.breaking import Break, drop
from tests.template.documents import deployed, read_openapi, read_template
from tests.template.rules import api, interface
from tests.template.rules.resources import Rule
from tests.template.test_house_rules import PRODUCTION, RULES

BREAKAGES: list[Breakage] = [
    *deployments.BREAKAGES,
    *flows.BREAKAGES,
    *stores.BREAKAGES,
    *secrecy.BREAKAGES,
    *watching.BREAKAGES,
    *interfaces.BREAKAGES,
]


@pytest.mark.parametrize(
    ("rule", "damage", "complaint"),
    BREAKAGES,
    ids=[f"{rule.__name__}-{complaint}" for rule, _, complaint in BREAKAGES],
)
def test_the_rule_notices(rule: Rule, damage: Break, complaint: str) -> None:
    template, openapi = read_template(), read_openapi()
    damage(template, openapi)
    problems = rule(deployed(template, openapi, PRODUCTION))
    assert any(complaint in problem for problem in problems), problems


def test_every_rule_has_been_seen_to_notice() -> None:
    assert {rule.__name__ for rule in RULES} - {rule.__name__ for rule, _, _ in BREAKAGES} == set()


def test_a_template_that_ignores_changed_parameters_is_noticed() -> None:
    template = read_template()
    drop("Resources", "Api", "Properties", "AlwaysDeploy")(template, {})
    assert api.redeploys_when_a_parameter_changes(template) != []


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:sns:x",
        "arn:aws-cn:sns:x",
        "arn:${AWS::Partition}:sns:x:123456789012:topic",
        "Region: eu-west-1",
        "https://x.amazonaws.com/v1",
    ],
)
def test_a_hard_coded_place_is_noticed(text: str) -> None:
    assert interface.nothing_is_hard_coded(text) != []
