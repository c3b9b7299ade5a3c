"""What a deployment changes, and what CodeDeploy is there for."""

import pytest

from tests.template.breaking import Break, put
from tests.template.documents import deployed, read_openapi, read_template
from tests.template.nodes import Node
from tests.template.rules.resources import of_type, statements
from tests.template.test_house_rules import PRODUCTION

STYLES = read_template()["Parameters"]["DeploymentStyle"]["AllowedValues"]
ALIASED = {"PaymentsFunction", "WebhookFunction"}
WEBHOOK = ("Resources", "WebhookFunction", "Properties")
LAYER = ("Resources", "ProviderLayer", "Properties", "ContentUri")


def _versions(template: Node) -> set[str]:
    return set(of_type(deployed(template, read_openapi(), PRODUCTION), "AWS::Lambda::Version"))


def _kinds(parameters: dict[str, str]) -> set[str]:
    template = deployed(read_template(), read_openapi(), parameters)
    return {resource["Type"] for resource in template["Resources"].values()}


def test_a_change_of_the_layer_alone_publishes_new_versions() -> None:
    before, after = read_template(), read_template()
    put(*LAYER, to="s3://bucket/one")(before, {})
    put(*LAYER, to="s3://bucket/two")(after, {})
    assert len(_versions(before)) == len(ALIASED)
    assert not _versions(before) & _versions(after)


@pytest.mark.parametrize(
    "change",
    [
        put("Globals", "Function", "MemorySize", to=1024),
        put(*WEBHOOK, "Timeout", to=19),
        put(*WEBHOOK, "Environment", "Variables", "NEW", to="x"),
    ],
)
def test_a_change_of_a_property_publishes_a_new_version(change: Break) -> None:
    changed = read_template()
    change(changed, {})
    gone = {name for name in _versions(read_template()) if name not in _versions(changed)}
    assert any(name.startswith("WebhookFunctionVersion") for name in gone)


def test_without_a_change_no_version_is_published() -> None:
    assert _versions(read_template()) == _versions(read_template())


@pytest.mark.parametrize("style", STYLES)
def test_codedeploy_is_there_where_traffic_is_shifted_and_nowhere_else(style: str) -> None:
    kinds = {kind for kind in _kinds({"DeploymentStyle": style}) if "CodeDeploy" in kind}
    assert bool(kinds) == (style != "AllAtOnce")


def test_the_emulator_which_does_not_know_codedeploy_meets_none_of_it() -> None:
    # It also settles SAM's properties by the parameters' defaults alone.
    assert read_template()["Parameters"]["DeploymentStyle"]["Default"] == "AllAtOnce"
    assert not [kind for kind in _kinds({"Environment": "local"}) if "CodeDeploy" in kind]


@pytest.mark.parametrize("style", [style for style in STYLES if style != "AllAtOnce"])
def test_each_http_function_is_shifted_as_was_chosen(style: str) -> None:
    template = deployed(read_template(), read_openapi(), {"DeploymentStyle": style})
    groups = of_type(template, "AWS::CodeDeploy::DeploymentGroup")
    assert set(groups) == {f"{function}DeploymentGroup" for function in ALIASED}
    for function in ALIASED:
        name, values = groups[f"{function}DeploymentGroup"]["DeploymentConfigName"]["Fn::Sub"]
        assert name.replace("${ConfigName}", values["ConfigName"]) == (
            f"CodeDeployDefault.Lambda{style}"
        )
        alias = template["Resources"][f"{function}Aliaslive"]
        assert alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] == {
            "Ref": f"{function}DeploymentGroup"
        }


def test_codedeploy_may_move_two_aliases_and_read_alarms() -> None:
    template = deployed(read_template(), read_openapi(), PRODUCTION)
    (moving, watching) = statements(of_type(template, "AWS::IAM::Role")["DeploymentRole"])
    assert moving["Action"] == [
        "lambda:GetAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:UpdateAlias",
    ]
    assert moving["Resource"] == [
        {"Fn::GetAtt": ["PaymentsFunction", "Arn"]},
        {"Fn::Sub": "${PaymentsFunction.Arn}:live"},
        {"Fn::GetAtt": ["WebhookFunction", "Arn"]},
        {"Fn::Sub": "${WebhookFunction.Arn}:live"},
    ]
    assert watching["Action"] == "cloudwatch:DescribeAlarms"


@pytest.mark.parametrize(("given", "applied"), [("off", "None"), ("on", "PublishedVersions")])
def test_snapshots_are_made_where_they_were_asked_for(given: str, applied: str) -> None:
    template = deployed(read_template(), read_openapi(), {"SnapStart": given})
    for name, function in of_type(template, "AWS::Lambda::Function").items():
        wanted = {"ApplyOn": applied} if name in ALIASED else None
        assert function.get("SnapStart") == wanted


def test_snapshots_are_off_unless_asked_for() -> None:
    assert read_template()["Parameters"]["SnapStart"]["Default"] == "off"
