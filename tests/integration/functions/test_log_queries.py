"""The saved queries ask for fields and facts that are really in the logs which they search."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pytest

from finconnect.payments.telemetry import Fact
from tests.integration.functions.everything import WatchedDeployment
from tests.template.documents import deployed, read_openapi, read_template
from tests.template.rules.resources import logical_id, of_type

TEMPLATE = deployed(read_template(), read_openapi())
QUERIES = of_type(TEMPLATE, "AWS::Logs::QueryDefinition")
BY_ITSELF = {"@timestamp"}
"""Fields that CloudWatch adds to every line."""
GATEWAY = "ApiLogGroup"


def fields_of(query: str) -> set[str]:
    """The names of fields in a query: what is neither text, nor a word of the language."""
    bare = re.sub(r'"[^"]*"|/[^/]*/', " ", query)
    named = set(re.findall(r"\bas (\w+)", bare))
    words = re.findall(r"@?[A-Za-z_]\w*", re.sub(r"\b(?:count|bin)\([^)]*\)", " ", bare))
    return set(words) - LANGUAGE - named


LANGUAGE = {
    *("fields", "filter", "sort", "limit", "stats", "by", "as"),
    *("asc", "desc", "like", "in", "and", "or", "not"),
}


def functions_of(groups: set[str]) -> set[str]:
    """The folders of the functions that log into these groups."""
    source = read_template()["Resources"]
    return {
        source[name]["Properties"]["CodeUri"].removeprefix("functions/")
        for name, function in of_type(TEMPLATE, "AWS::Lambda::Function").items()
        if logical_id(function["LoggingConfig"]["LogGroup"]) in groups
    }


def logged_fields(happened: WatchedDeployment, groups: set[str]) -> set[str]:
    functions = functions_of(groups)
    assert len(functions) == len(groups - {GATEWAY})
    found = {
        name for line in happened.logged() if line["function_name"] in functions for name in line
    }
    if GATEWAY in groups:
        (stage,) = of_type(TEMPLATE, "AWS::ApiGateway::Stage").values()
        found |= json.loads(stage["AccessLogSetting"]["Format"]).keys()
    return found | BY_ITSELF


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_each_field_of_a_query_is_logged_where_it_searches(
    happened: WatchedDeployment, query: Mapping[str, object]
) -> None:
    groups = {logical_id(group) for group in query["LogGroupNames"]}  # type: ignore[attr-defined]
    wanted = fields_of(str(query["QueryString"]))
    assert len(wanted) > 1
    assert wanted - logged_fields(happened, groups) == set()


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_each_fact_of_a_query_is_one(query: Mapping[str, object]) -> None:
    named = re.findall(r'"([a-z]+_[a-z_]+)"', str(query["QueryString"]))
    assert set(named) <= {fact.value.name for fact in Fact}


def test_the_queries_are_there() -> None:
    assert set(QUERIES) == {
        "CallbackVerdictsQuery",
        "OneRequestQuery",
        "PaymentLifeQuery",
        "RefusedCallbacksQuery",
        "SlowProviderCallsQuery",
    }


def test_a_field_that_nobody_logs_would_be_seen(happened: WatchedDeployment) -> None:
    query = 'fields @timestamp, latency_ms, duration | filter message = "x" | sort duration'
    wanted = fields_of(query)
    assert wanted == {"@timestamp", "latency_ms", "duration", "message"}
    assert wanted - logged_fields(happened, {"PaymentsLogGroup"}) == {"duration"}
