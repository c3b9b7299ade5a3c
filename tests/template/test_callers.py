"""Who may call which route: the API's resource policy and the usage plan, for each parameter."""

import re

import pytest

from tests.template.documents import deployed, read_openapi, read_template
from tests.template.nodes import Json
from tests.template.rules.resources import Template, of_type

NETWORKS = "203.0.113.0/24,198.51.100.7/32"
RESTRICTED = {"CallbackNetworks": NETWORKS}
CALLBACKS = "execute-api:/v1/POST/webhooks/azampay/*"
PAYMENTS = ["execute-api:/v1/POST/payments/azampay", "execute-api:/v1/GET/payments/azampay/*"]


def _deployed(**parameters: str) -> Template:
    return deployed(read_template(), read_openapi(), parameters)


def _statements(**parameters: str) -> list[Json]:
    (api,) = of_type(_deployed(**parameters), "AWS::ApiGateway::RestApi").values()
    return list(api["Policy"]["Statement"])


@pytest.mark.parametrize("authorization", ["API_KEY", "AWS_IAM"])
def test_without_networks_there_is_no_policy(authorization: str) -> None:
    template = _deployed(PaymentAuthorization=authorization)
    (api,) = of_type(template, "AWS::ApiGateway::RestApi").values()
    assert "Policy" not in api


@pytest.mark.parametrize("authorization", ["API_KEY", "AWS_IAM"])
def test_callbacks_are_taken_from_the_networks_only(authorization: str) -> None:
    first, *_ = _statements(PaymentAuthorization=authorization, **RESTRICTED)
    assert first["Effect"] == "Allow"
    assert first["Principal"] == "*"
    assert first["Resource"] == CALLBACKS
    split = {"Fn::Split": [",", {"Ref": "CallbackNetworks"}]}
    assert first["Condition"] == {"IpAddress": {"aws:SourceIp": split}}


def test_with_an_api_key_the_payment_routes_stay_open_to_the_key() -> None:
    _, payments = _statements(**RESTRICTED)
    assert (payments["Effect"], payments["Principal"]) == ("Allow", "*")
    assert payments["Resource"] == PAYMENTS
    assert "Condition" not in payments


def test_with_iam_the_policy_lets_nobody_call_the_payment_routes() -> None:
    # In one account an Allow of the policy suffices, whatever the caller's own policies say.
    (only,) = _statements(PaymentAuthorization="AWS_IAM", **RESTRICTED)
    assert only["Resource"] == CALLBACKS


@pytest.mark.parametrize("authorization", ["API_KEY", "AWS_IAM"])
def test_every_route_is_named_and_no_other(authorization: str) -> None:
    named = [
        resource
        for statement in _statements(PaymentAuthorization=authorization, **RESTRICTED)
        for resource in ([statement["Resource"]], statement["Resource"])[
            isinstance(statement["Resource"], list)
        ]
    ]
    # A * stands at the end only: in front it would also take in the slashes of a longer path.
    assert all(re.fullmatch(r"execute-api:/v1/[A-Z]+/[a-z/]+(/\*)?", each) for each in named)
    (stage,) = of_type(_deployed(), "AWS::ApiGateway::Stage").values()
    assert stage["StageName"] == "v1"


def test_the_quota_is_that_of_the_parameters() -> None:
    plan = _plan(QuotaRequests="1000", QuotaPeriod="MONTH")
    assert plan["Quota"] == {"Limit": {"Ref": "QuotaRequests"}, "Period": {"Ref": "QuotaPeriod"}}
    assert plan["Throttle"] == {
        "RateLimit": {"Ref": "ThrottleRate"},
        "BurstLimit": {"Ref": "ThrottleBurst"},
    }


def test_there_is_no_quota_unless_somebody_sets_one() -> None:
    assert read_template()["Parameters"]["QuotaRequests"]["Default"] == 0
    assert "Quota" not in _plan()


def test_there_is_no_plan_without_a_key() -> None:
    template = _deployed(PaymentAuthorization="AWS_IAM", QuotaRequests="1000")
    assert not of_type(template, "AWS::ApiGateway::UsagePlan")


def _plan(**parameters: str) -> Json:
    (plan,) = of_type(_deployed(**parameters), "AWS::ApiGateway::UsagePlan").values()
    return plan
