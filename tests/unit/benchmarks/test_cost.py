"""The bill and the limits: arithmetic on what was measured, and a document that agrees with it."""

import json
import tomllib
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.cost import DOCUMENT, MEASURED, PRICES, ROOT, all_tables, filled
from benchmarks.costing import Item, Usage, cost
from benchmarks.scale import MOST, Limit, limits
from benchmarks.shape import Shape, read_shape

BOOK: dict[str, Any] = tomllib.loads(PRICES.read_text(encoding="utf-8"))
RECORDED: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
SHAPE = Shape(
    watched=30,
    dashboards=1,
    secrets=3,
    keys=1,
    runs={"TokenRefresh": 4380.0, "Reconciler": 8760.0},
    memory=0.5,
    access_log_bytes=300,
    kept_months=3.0,
    payment_throttle=50,
    callback_throttle=500,
    stream_batch=10,
    stream_parallel=1,
)


def a_function(**changes: object) -> dict[str, Any]:
    nothing = {"ms": 10.0, "calls": {}, "read_units": 1.0, "write_units": 0.0}
    return nothing | {"log_bytes": 974, "log_lines": 1, "metrics": []} | changes


def a_measurement() -> dict[str, Any]:
    cold = {"cold": {"ms": 20.0, "import_ms": 1000, "calls": {}}}
    return {
        "functions": {
            "payments": a_function(write_units=6.0, metrics=["A[s=p]"], **cold),
            "look-up": a_function(),
            "webhook": a_function(write_units=9.0, metrics=["A[s=w]", "B[s=w]"], **cold),
            "event_relay": a_function(read_units=0.0),
            "token_refresh": a_function(calls={"secretsmanager.GetSecretValue": 1}),
            "reconciler": a_function(read_units=8.0),
        },
        "events": 2,
        "stored_bytes": 4000,
        "answer_bytes": 500,
    }


def quantities(payments: int) -> dict[str, float]:
    items = Usage(SHAPE, a_measurement(), BOOK["assumed"], payments).items()
    return {item.what: item.quantity for item in items}


def test_the_document_is_what_the_program_writes() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert filled(text, all_tables()) == text, "run `make cost`"


def total(payments: int) -> float:
    """What so many payments a month cost, by what is recorded, in USD."""
    shape = read_shape(ROOT / "template.yaml")
    items = Usage(shape, RECORDED, BOOK["assumed"], payments).items()
    return sum(cost(item, BOOK["price"]) for item in items)


def test_the_readme_says_what_an_idle_stack_and_a_million_payments_cost() -> None:
    idle, million = (total(payments) for payments in (0, 1_000_000))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"An idle stack costs about {idle:.0f} USD a month" in text
    assert f"a million payments about {million - idle:.0f} more" in text


def test_a_document_without_a_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="markers of bill"):
        filled("no markers", {"bill": ["|"]})


def test_every_line_of_the_bill_has_a_price_with_a_source() -> None:
    items = Usage(SHAPE, RECORDED, BOOK["assumed"], 1).items()
    assert {item.price for item in items} == set(BOOK["price"])
    assert all(each["source"].startswith("https://") for each in BOOK["price"].values())


def test_an_idle_stack_pays_for_what_stands_there_and_for_its_schedules() -> None:
    idle = quantities(0)
    assert idle["alarms"] == 30
    assert idle["custom metrics"] == 0
    assert idle["schedules"] == idle["Lambda invocations"] == 4380 + 8760
    assert idle["DynamoDB reads"] == 8 * 8760 + 4380
    assert idle["secret reads"] == 4380
    assert idle["waiting for deferred callbacks (SQS)"] == 5 * 730 * 180
    assert idle["API requests"] == idle["DynamoDB writes"] == idle["events (SNS)"] == 0


def test_a_payment_pays_for_its_requests_units_and_events() -> None:
    more = {what: amount - quantities(0)[what] for what, amount in quantities(1000).items()}
    assert more["API requests"] == 3000
    assert more["Lambda invocations"] == 5000
    assert more["DynamoDB writes"] == (6 + 9 + 2) * 1000
    assert more["DynamoDB reads"] == 3 * 1000
    assert more["events (SNS)"] == 2000
    assert more["custom metrics"] == 3
    assert more["the month's payments in the table"] == pytest.approx(0.004)
    # Five invocations with one line of 974 and 26 bytes, three requests of 300 and 26.
    assert more["logs taken in"] * 1e9 == pytest.approx(1000 * (5 * 1000 + 3 * 326))


def test_the_wait_for_azampay_is_paid_for() -> None:
    # Rare payments each start a container; the wait is in the payment's own time alone.
    busy = 1000 * (2.01 + 4 * 0.01) + 2 * 730
    start = min(1000, 730) * 2
    assert busy - 2 * 730 == pytest.approx(2050)
    more = quantities(1000)["Lambda time"] - quantities(0)["Lambda time"]
    assert more == pytest.approx((2050 + start) * 0.5)


def test_many_payments_share_containers_that_read_the_secrets_now_and_then() -> None:
    few, many = quantities(1000)["secret reads"], quantities(100_000_000)["secret reads"]
    assert few - 4380 == 730 + 1000
    assert many - 4380 < 100_000_000 / 1000


def test_traces_are_all_of_few_and_a_share_of_many() -> None:
    assert quantities(1000)["traces"] == quantities(1000)["Lambda invocations"]
    invocations = quantities(100_000_000)["Lambda invocations"]
    assert quantities(100_000_000)["traces"] == pytest.approx(0.05 * invocations, rel=0.2)


def test_a_cost_is_quantity_times_price() -> None:
    prices = {"request": {"usd": 3.5, "per": 1_000_000}}
    assert cost(Item("requests", "request", 2_000_000), prices) == pytest.approx(7.0)


def found(what: str, shape: Shape = SHAPE) -> Limit:
    bounds = limits(shape, a_measurement(), BOOK["assumed"], BOOK["quota"])
    (limit,) = [each for each in bounds if what in each.what]
    return limit


def test_a_limit_is_met_where_its_share_is_whole() -> None:
    throttle = found("ThrottleRate")
    assert throttle.share(25) == pytest.approx(0.5)
    assert throttle.binds_at() == pytest.approx(50, rel=0.01)
    assert found("Secrets Manager").binds_at() == MOST


def test_concurrency_is_the_rate_times_the_time_of_all_that_a_payment_needs() -> None:
    assert found("Lambda concurrency").needs(100) == pytest.approx(100 * (2.01 + 0.02 + 2 * 0.02))


def test_the_relay_has_as_many_rows_as_the_table_has_partitions() -> None:
    relay = found("event relay")
    assert relay.has(1) == 4 * 1000 / 20
    assert relay.has(10_000) == 150 * 1000 / 20
    wider = found("event relay", replace(SHAPE, stream_parallel=10))
    assert wider.binds_at() > 10 * relay.binds_at()


def test_the_shape_is_read_from_the_template() -> None:
    shape = read_shape(ROOT / "template.yaml")
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    assert shape.watched >= text.count("Type: AWS::CloudWatch::Alarm")
    assert shape.secrets == text.count("Type: AWS::SecretsManager::Secret")
    assert shape.dashboards == text.count("Type: AWS::CloudWatch::Dashboard")
    assert shape.runs == {"TokenRefresh": 4380.0, "Reconciler": 8760.0}
    assert shape.memory == 0.5
