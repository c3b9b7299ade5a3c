"""The tests' own reading of conditions, on which the rules rely."""

import pytest

from tests.template.conditions import settle
from tests.template.nodes import Json

TEMPLATE: dict[str, Json] = {
    "Conditions": {
        "IsLive": {"Fn::Equals": [{"Ref": "Environment"}, "production"]},
        "IsTest": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Environment"}, "production"]}]},
    },
    "Resources": {
        "Always": {
            "Type": "A",
            "Properties": {"Size": {"Fn::If": ["IsLive", 2, {"Ref": "AWS::NoValue"}]}},
        },
        "Live": {"Type": "B", "Condition": "IsLive"},
        "Test": {"Type": "C", "Condition": "IsTest"},
    },
    "Outputs": {"Size": {"Value": {"Fn::If": ["IsTest", ["small"], {"Ref": "Always"}]}}},
}


@pytest.mark.parametrize(
    ("environment", "kept", "size", "output"),
    [
        ("production", {"Always", "Live"}, {"Size": 2}, {"Ref": "Always"}),
        ("sandbox", {"Always", "Test"}, {}, ["small"]),
    ],
)
def test_what_a_condition_rules_out_is_gone(
    environment: str, kept: set[str], size: dict[str, int], output: object
) -> None:
    settled = settle(TEMPLATE, {"Environment": environment})
    assert set(settled["Resources"]) == kept
    assert settled["Resources"]["Always"]["Properties"] == size
    assert settled["Outputs"]["Size"]["Value"] == output


def test_a_function_that_is_not_known_is_not_guessed_at() -> None:
    with pytest.raises(AssertionError, match="Fn::Or"):
        settle(TEMPLATE | {"Conditions": {"X": {"Fn::Or": []}}}, {})
