"""A newcomer's first minutes: `make run`, a pasted command, a PIN, and the commands beside it."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from local.payments import ASKED_PAYER
from tests.browser.make_run import START_SECONDS, MakeRun, Shell, make
from tests.browser.support import Handset, Timeline
from tests.integration.simulator.harness import PATH_SECRET, Webhook, number

SILENT, WILLING = number(6), number(1)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    folder = tmp_path_factory.mktemp("make-run")
    opened, browser = folder / "opened", folder / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    browser.chmod(0o700)
    with Shell(folder / "run", "run", OPEN="1", BROWSER=str(browser)) as shell:
        shell.wait_for("^Events as they come", START_SECONDS)
        yield MakeRun(shell, opened)
    assert "Stopped; nothing is left running." in shell.text


@pytest.fixture
def silent(run: MakeRun) -> str:
    """A new payment whose payer never answers; its externalId."""
    reference = f"SILENT-{time.time_ns()}"
    answer = run.paste(changes=((ASKED_PAYER, SILENT), ("ORDER-'$(date +%s)'", reference)))
    assert answer.status == 202
    return reference


def test_it_opens_on_the_page(run: MakeRun) -> None:
    assert run.opened.read_text() == run.page
    # The address is the first thing that it tells of the running stack.
    assert re.search(r"FinConnect runs on this machine\.\n\n  Open  http", run.shell.text)


def test_its_own_first_payment_asks_nobody(run: MakeRun) -> None:
    first = run.shell.wait_for(r"The life of one payment \((ORDER-\d+)\)")[1]
    run.shell.wait_for(rf"payment\.succeeded +{first}  succeeded")


def test_paste_the_command_type_a_pin_and_see_it_succeed(run: MakeRun, quiet_page: Page) -> None:
    quiet_page.goto(run.opened.read_text())
    quiet_page.get_by_text("Live", exact=True).wait_for()
    handset, timeline = Handset(quiet_page, ASKED_PAYER), Timeline(quiet_page)

    answer = run.paste()
    assert (answer.status, answer.payment["status"]) == (202, "pending")
    handset.says("Pay TZS 1,000 to finconnect-local")
    timeline.is_in_state(answer.reference, "waiting")
    assert f"payment.succeeded      {answer.reference}" not in run.shell.text

    quiet_page.keyboard.type("1234")
    quiet_page.keyboard.press("Enter")
    told = run.shell.wait_for(rf"payment\.succeeded +{answer.reference} .*$")[0]
    assert told.endswith("succeeded  1000 TZS  verified by signature")
    timeline.is_in_state(answer.reference, "paid")
    expect(timeline.card(answer.reference)).to_contain_text("The webhook answered 200: applied")
    assert asked_for(run, answer.reference)["status"] == "succeeded"


def asked_for(run: MakeRun, reference: str) -> dict[str, object]:
    """The payment as the stack shows it."""
    url = run.shell.wait_for(r"^  Payments API +(\S+)$")[1]
    key = run.shell.wait_for(r"X-API-Key: (\S+)'")[1]
    answer = httpx.get(f"{url}/{reference}", headers={"X-API-Key": key}, trust_env=False)
    shown: dict[str, object] = answer.raise_for_status().json()
    return shown


@pytest.mark.parametrize(
    ("event", "answered", "status"),
    [
        ("success", "applied", "succeeded"),
        ("failure", "applied", "failed"),
        ("failed", "applied", "failed"),
        ("declined", "applied", "failed"),
        ("insufficient-funds", "applied", "failed"),
        ("wrong-pin", "applied", "failed"),
        ("pending", "ignored", "pending"),
    ],
)
def test_trigger_an_event(
    run: MakeRun, silent: str, event: str, answered: str, status: str
) -> None:
    done = make("trigger", f"EVENT={event}", f"REF={silent}")
    assert done.returncode == 0, done.stderr
    assert f'"utilityref":"{silent}"' in done.stdout
    assert f'Answered 200: {{"status":"{answered}"}}' in done.stdout
    assert f"azampay/{silent}: {status}" in done.stdout
    assert asked_for(run, silent)["status"] == status


# A key that was fetched more than half a minute ago proves no forgery, and the stack fetches one at
# most every five minutes: meanwhile such a callback waits in the queue.
NOT_BELIEVED = "(401: .*invalid_signature|200: .*deferred)"


@pytest.mark.parametrize(
    ("tamper", "answered"),
    [
        ("signature", NOT_BELIEVED),
        ("status", NOT_BELIEVED),
        ("network", NOT_BELIEVED),
        ("unsigned", "401: .*invalid_signature"),
        ("url-secret", "404: .*not_found"),
        ("amount", "200: .*mismatch"),
        ("phone", "200: .*mismatch"),
        ("transid", "200: .*mismatch"),
    ],
)
def test_trigger_a_lie(silent: str, tamper: str, answered: str) -> None:
    done = make("trigger", f"TAMPER={tamper}", f"REF={silent}")
    # It was sent and answered: what with is printed, and is no failure of the command.
    assert done.returncode == 0, done.stderr
    assert re.search(f"^Answered {answered}", done.stdout, re.MULTILINE)
    assert f"azampay/{silent}: pending" in done.stdout


def test_trigger_three_times_for_the_payment_prompted_last(silent: str) -> None:
    done = make("trigger", "TIMES=3")
    assert done.returncode == 0, done.stderr
    assert re.findall(r'^Answered 200: {"status":"(\w+)"}', done.stdout, re.MULTILINE) == [
        "applied",
        "duplicate",
        "duplicate",
    ]
    assert f"azampay/{silent}: succeeded" in done.stdout


def test_trigger_elsewhere(silent: str, webhook: Webhook) -> None:
    done = make("trigger", f"URL={webhook.url}", f"REF={silent}")
    assert done.returncode == 0, done.stderr
    assert webhook.wait_for(1)[0].fields["utilityref"] == silent
    assert PATH_SECRET not in done.stdout
    assert "no ledger is asked" in done.stdout


def test_trigger_takes_any_reference_as_it_is() -> None:
    done = make("trigger", """REF=it's-"$HOME"-$(PWD)-`id`""")
    assert done.returncode != 0
    assert """knows a payment it's-"$HOME"-$(PWD)-`id`\n""" in done.stderr


def test_listen_prints_each_event_as_it_arrives(run: MakeRun, tmp_path: Path) -> None:
    with Shell(tmp_path / "listen", "listen") as listener:
        listener.wait_for("^Listening to arn:aws:sns:")
        paid = run.paste(changes=((ASKED_PAYER, WILLING),)).reference
        listener.wait_for(rf"payment\.pending +{paid}  pending")
        listener.wait_for(rf"payment\.succeeded +{paid}  succeeded .* verified by signature$")
    assert "Stopped; the queue and its subscription are removed." in listener.text
