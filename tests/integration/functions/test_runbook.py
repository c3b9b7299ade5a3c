"""The runbook fits the stack: its alarms, commands, log groups, facts, fields and links exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from finconnect.payments import errors
from finconnect.payments.http_api import PROBLEMS
from finconnect.payments.model import Disposition, EventType, Status
from finconnect.payments.telemetry import Fact
from ops.__main__ import _parser
from tests.integration.functions.everything import WatchedDeployment
from tests.template.documents import ROOT, deployed, read_openapi, read_template
from tests.template.rules.alarm_metrics import EVERY_ALARM, alarms_of, readings
from tests.template.rules.resources import of_type, target

DOCS = ROOT / "docs"
RUNBOOK = (DOCS / "runbook.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
SOURCE = read_template()
TEMPLATE = deployed(SOURCE, read_openapi(), EVERY_ALARM)
ALARMS = alarms_of(TEMPLATE)
PARTS = ("Means", "Affected", "Look", "Do", "Over", "Never")
FACTS = {fact.value.name for fact in Fact}
ENTRIES: dict[str, str] = {
    title: body
    for title, body in re.findall(
        r"^### (\w+)\n(.*?)(?=^#{2,3} |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL
    )
    if title.endswith("Alarm")
}
GROUPS = {
    target(group["LogGroupName"]).rsplit("/", 1)[1]
    for group in of_type(TEMPLATE, "AWS::Logs::LogGroup").values()
}
SEARCHES = re.findall(r"`log ([\w-]+)(?: \w+)? \| grep (?:-E )?('[^']+'|[^`\s]+)`", RUNBOOK)
TEXTS = {"the runbook": RUNBOOK} | {
    name: alarm["AlarmDescription"] for name, alarm in ALARMS.items()
}


def test_each_alarm_has_an_entry_and_each_entry_an_alarm() -> None:
    assert sorted(ENTRIES) == sorted(ALARMS)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_each_entry_says_all_that_one_asks_at_night(entry: str) -> None:
    assert tuple(re.findall(r"^- \*\*(\w+):\*\* \S", entry, re.MULTILINE)) == PARTS


def commands(text: str) -> Iterator[list[str]]:
    """The arguments of every operations command that stands in a text."""
    for command in re.findall(r"-m ops ([^`\n]+)", text):
        yield shlex.split(command.replace('"$STACK"', "a-stack"))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_each_command_is_one_of_ours(text: str) -> None:
    for arguments in commands(text):
        # The alarms' texts name a command without its object, which they cannot know.
        complete = [*arguments, "order-1"] if arguments == ["history"] else arguments
        _parser().parse_args(complete)


def test_there_are_commands_and_searches() -> None:
    assert len(list(commands(RUNBOOK))) > 4
    assert len(SEARCHES) > 15


def test_each_log_that_is_looked_at_is_there() -> None:
    named = set(re.findall(r"`?log ([a-z]+(?:-[a-z]+)?)\b(?=[` ]|$)", RUNBOOK, re.MULTILINE))
    assert {name for name, _ in SEARCHES} <= GROUPS
    assert named & GROUPS == GROUPS


@pytest.mark.parametrize(("log", "pattern"), SEARCHES, ids=[" ".join(each) for each in SEARCHES])
def test_each_search_finds_what_the_function_really_logs(
    happened: WatchedDeployment, log: str, pattern: str
) -> None:
    wanted = re.compile(pattern.strip("'"))
    lines = access_lines() if log == "api" else happened.texts(log.replace("-", "_"))
    assert any(wanted.search(line) for line in lines)


def access_lines() -> list[str]:
    """The gateway's line of a callback that was answered 503, in the template's own format."""
    (stage,) = of_type(TEMPLATE, "AWS::ApiGateway::Stage").values()
    line = stage["AccessLogSetting"]["Format"]
    line = line.replace("$context.resourcePath", "/webhooks/azampay/{secret}")
    return [line.replace("$context.status", "503")]


def test_each_name_with_underscores_is_a_fact_a_field_or_a_code(
    happened: WatchedDeployment,
) -> None:
    fields = {name for line in happened.logged() for name in line}
    codes = {problem.code for problem in PROBLEMS.values()}
    codes |= {"internal_error", "provider_unavailable"}
    states = {*Status, *Disposition}
    known = FACTS | fields | codes | states
    named = {
        word for text in TEXTS.values() for word in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text)
    }
    assert named - known == set()
    assert len(named & FACTS) > 5


def test_each_event_type_is_one() -> None:
    assert set(re.findall(r"`((?:payment|callback)\.\w+)`", RUNBOOK)) <= set(EventType)


def test_each_other_name_is_in_the_template_or_an_error_of_ours() -> None:
    known = {
        *SOURCE["Parameters"],
        *SOURCE["Resources"],
        *SOURCE["Outputs"],
        *(reading.metric for alarm in ALARMS.values() for reading in readings(alarm)),
        *vars(errors),
    }
    assert set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", RUNBOOK)) - known == set()


@pytest.mark.parametrize("name", ["runbook.md", "operations.md"])
def test_each_link_leads_somewhere(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    for where, anchor in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", text):
        path = DOCS / (where or name)
        assert path.exists(), where
        assert not anchor or anchor in anchors(path), f"{where}#{anchor}"


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text).strip().lower().replace(" ", "-") for text in headings}


def test_the_metrics_in_the_documentation_are_those_that_are_written(
    happened: WatchedDeployment,
) -> None:
    row = r"^\| ((?:`[A-Z]\w+`(?:, )?)+) \| (\w+) \|([^|]*)\|"
    rows = re.findall(row, OPERATIONS, re.MULTILINE)
    documented = {
        (metric, unit, frozenset(re.findall(r"`(\w+)`", dimensions)))
        for names, unit, dimensions in rows
        for metric in re.findall(r"`(\w+)`", names)
    }
    written: set[tuple[str, str, frozenset[str]]] = {
        (metric["Name"], metric["Unit"], frozenset(*directive["Dimensions"]) - {"service"})
        for _, line in happened.metrics()
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }
    assert documented == written
