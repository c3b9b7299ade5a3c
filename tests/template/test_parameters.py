"""The parameters' patterns take what they should, and refuse what would fail only later."""

import re

import pytest

from tests.template.documents import deployed, read_openapi, read_template


def _is_taken(parameter: str, value: str) -> bool:
    # A pattern of CloudFormation must match the whole value.
    return bool(re.fullmatch(read_template()["Parameters"][parameter]["AllowedPattern"], value))


@pytest.mark.parametrize(
    "delays",
    ["60,300,900,3600", "0,0,0,0", "1,9,99,999", "900,43000,42999,39999", "899,1,10,10000"],
)
def test_four_delays_are_taken(delays: str) -> None:
    assert _is_taken("CallbackRetryDelays", delays)


@pytest.mark.parametrize(
    "delays",
    [
        "",
        "60",
        "60,300,900",
        "60,300,900,3600,7200",
        "60,300,900,",
        "60, 300, 900, 3600",
        "901,300,900,3600",  # more than SQS keeps a new message back
        "1000,300,900,3600",
        "60,43001,900,3600",  # more than is left of the twelve hours since its receipt
        "60,300,900,43200",
        "60,300,900,100000",
        "60,300,900,-1",
        "60,300,900,1.5",
        "060,300,900,3600",
        "a,b,c,d",
    ],
)
def test_other_delays_are_refused(delays: str) -> None:
    assert not _is_taken("CallbackRetryDelays", delays)


@pytest.mark.parametrize(
    "path", ["", "/status", "/api/v1/partner/gettransactionstatus", "/v1.0/a-b_c"]
)
def test_a_status_path_is_a_path_or_empty(path: str) -> None:
    assert _is_taken("AzampayStatusPath", path)


@pytest.mark.parametrize(
    "path", ["status", "https://host/status", "//host/status", "/", "/status?id=1", "/a b", "/a#b"]
)
def test_anything_else_is_no_status_path(path: str) -> None:
    assert not _is_taken("AzampayStatusPath", path)


def test_azampay_is_asked_for_nothing_unless_somebody_says_where() -> None:
    assert read_template()["Parameters"]["AzampayStatusPath"]["Default"] == ""


def test_silence_is_told_after_a_minute_at_the_least_and_a_week_at_the_most() -> None:
    parameter = read_template()["Parameters"]["ReconcileAfterMinutes"]
    assert (parameter["MinValue"], parameter["Default"], parameter["MaxValue"]) == (1, 15, 10_080)


@pytest.mark.parametrize(
    "networks",
    [
        "",
        "0.0.0.0/0",
        "203.0.113.0/24",
        "255.255.255.255/32",
        "10.0.0.0/8,192.168.1.1/32,198.51.100.0/9",
    ],
)
def test_networks_are_taken(networks: str) -> None:
    assert _is_taken("CallbackNetworks", networks)


@pytest.mark.parametrize(
    "networks",
    [
        "203.0.113.0",
        "203.0.113.0/33",
        "203.0.113/24",
        "203.0.113.256/24",
        "203.0.113.0/24,",
        ",203.0.113.0/24",
        "203.0.113.0/24, 198.51.100.0/24",
        "203.0.113.0/24;198.51.100.0/24",
        "2001:db8::/32",
        "azampay.co.tz",
        "*",
    ],
)
def test_other_networks_are_refused(networks: str) -> None:
    # API Gateway would take some of them, and then let nobody in.
    assert not _is_taken("CallbackNetworks", networks)


def test_a_quota_is_none_or_a_number_of_requests() -> None:
    parameter = read_template()["Parameters"]["QuotaRequests"]
    assert (parameter["MinValue"], parameter["Default"]) == (0, 0)
    assert read_template()["Parameters"]["QuotaPeriod"]["AllowedValues"] == ["DAY", "WEEK", "MONTH"]


def _reserved(concurrency: str | None) -> list[object]:
    parameters = {} if concurrency is None else {"PaymentsConcurrency": concurrency}
    resources = deployed(read_template(), read_openapi(), parameters)["Resources"]
    properties = resources["PaymentsFunction"]["Properties"]
    return [properties[name] for name in properties if name == "ReservedConcurrentExecutions"]


def test_payments_have_no_limit_unless_one_is_given() -> None:
    assert _reserved(None) == _reserved("0") == []


def test_a_limit_is_what_was_given() -> None:
    assert _reserved("200") == [{"Ref": "PaymentsConcurrency"}]


def test_no_other_function_is_limited() -> None:
    resources = deployed(read_template(), read_openapi(), {"PaymentsConcurrency": "200"})
    limited = [
        name
        for name, each in resources["Resources"].items()
        if "ReservedConcurrentExecutions" in each["Properties"]
    ]
    assert limited == ["PaymentsFunction"]
