"""Each secret is replaced by its command while money moves: nothing is lost, the old one ends."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.events import EventQueue
from local.outputs import local_url
from local.payments import PaymentsClient
from local.simulator import simulator_credentials
from tests.e2e.support import World, payment

SUCCEEDED = "payment.succeeded"


def ops(world: World, *arguments: str) -> list[str]:
    """The lines that a command prints; it must succeed."""
    done = world.ops("rotate", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def refused(world: World, *arguments: str) -> str:
    """Why a command refuses."""
    done = world.ops("rotate", *arguments)
    assert done.returncode == 1, done.stdout
    return done.stderr


# --- the webhook's secret ---------------------------------------------------------------------


def called_back(world: World, url: str) -> str:
    """A payment whose success was sent to a URL, and taken there."""
    paid = world.prompted()["externalId"]
    answer = world.callback(paid, url=url)
    assert answer.status_code == 200, answer.text
    return str(paid)


def counted(world: World, metric: str) -> int:
    """How many callbacks a metric counts, as `status` asks for it."""
    (line,) = [
        each for each in ops(world, "webhook-secret", "status") if each.startswith(f"  {metric}: ")
    ]
    return int(line.split(": ")[1].split()[0])


def take_metrics_out_of_the_log(world: World, since: datetime) -> None:
    """What CloudWatch does with a function's log by itself, and the emulator does not."""
    for line in world.log_of("WebhookLogGroup").splitlines():
        values = json.loads(line) if '"_aws"' in line else {}
        for name in {"CallbackOldUrl", "CallbackNewUrl"} & values.keys():
            (of,) = values["_aws"]["CloudWatchMetrics"]
            at = datetime.fromtimestamp(values["_aws"]["Timestamp"] / 1000, UTC)
            if at < since:
                continue
            world.stack.aws.client("cloudwatch").put_metric_data(
                Namespace=of["Namespace"],
                MetricData=[
                    {
                        "MetricName": name,
                        "Dimensions": [
                            {"Name": d, "Value": values[d]} for d in of["Dimensions"][0]
                        ],
                        "Timestamp": at,
                        "Value": sum(values[name]),
                    }
                ],
            )


def test_no_callback_is_lost_while_the_webhook_secret_is_replaced(
    world: World, events: EventQueue
) -> None:
    old = world.stack.webhook_url
    paid = [called_back(world, old)]

    assert old.rsplit("/", 1)[1] not in "".join(ops(world, "webhook-secret", "begin"))
    assert "under way" in refused(world, "webhook-secret", "begin")
    # The containers are warm and know the old secret: the new URL is shown once they open to it.
    new = local_url(
        ops(world, "webhook-secret", "status", "--show-url")[-1], world.stack.aws.endpoint
    )
    paid += [called_back(world, new), called_back(world, old)]
    world.simulator.send_callbacks_to(new)

    # One that has to wait came to the old URL, and is verified after its end.
    waiting = world.prompted()["externalId"]
    with world.without_key():
        assert world.callback(waiting, url=old).json() == {"status": "deferred"}
        assert "overlap lasts until" in refused(world, "webhook-secret", "finish")
        ops(world, "webhook-secret", "finish", "--force")
    events.wait_for(waiting, SUCCEEDED)
    paid.append(called_back(world, new))
    for each in paid:
        events.wait_for(each, SUCCEEDED)

    world.forget_url_secret()
    late = world.prompted()["externalId"]
    assert world.callback(late, url=old).status_code == 404
    assert world.state_of(late)["status"] == "pending"
    assert world.callback(late, url=new).status_code == 200
    assert ops(world, "webhook-secret", "status") == ["one URL is valid: nothing is under way"]
    world.stack.webhook_secret = new.rsplit("/", 1)[1]


def test_status_tells_which_url_callbacks_come_to(world: World) -> None:
    old, start = world.stack.webhook_url, datetime.now(UTC)
    ops(world, "webhook-secret", "begin", "--overlap-hours", "0")
    world.forget_url_secret()
    called_back(world, old)
    take_metrics_out_of_the_log(world, start)
    assert counted(world, "old URL") == 1
    assert counted(world, "new URL") == 0
    why = refused(world, "webhook-secret", "finish")
    assert "no callback has come to the new URL" in why
    assert "a callback came to the old URL" in why
    assert "overlap" not in why

    ops(world, "webhook-secret", "cancel")
    world.forget_url_secret()
    called_back(world, old)


# --- the API key ------------------------------------------------------------------------------


def post_with(world: World, key: str) -> int:
    with closing(PaymentsClient(world.stack.payment_url, key)) as merchant:
        return merchant.post(payment("never-answers")).status_code


def test_both_keys_pay_during_the_overlap_and_the_old_one_no_longer_after_it(
    world: World,
) -> None:
    old = world.stack.api_key
    assert post_with(world, old) == 202
    assert old not in "".join(ops(world, "api-key", "begin"))
    new = ops(world, "api-key", "status", "--show-key")[-1]
    world.stack.api_key = new
    assert [post_with(world, each) for each in (old, new)] == [202, 202]
    assert "overlap lasts until" in refused(world, "api-key", "finish")

    # A release that changes the key and its plan, in the middle and after the end.
    deploy_release(world, "one")
    assert [post_with(world, each) for each in (old, new)] == [202, 202]
    ops(world, "api-key", "finish", "--force")
    assert [post_with(world, each) for each in (old, new)] == [403, 202]
    deploy_release(world, "two")
    assert [post_with(world, each) for each in (old, new)] == [403, 202]

    # From now on the stack's own key plays no part: the next one replaces the second.
    ops(world, "api-key", "begin", "--overlap-hours", "0")
    world.stack.api_key = third = ops(world, "api-key", "status", "--show-key")[-1]
    ops(world, "api-key", "finish", "--force")
    assert [post_with(world, each) for each in (old, new, third)] == [403, 403, 202]
    assert "nothing is under way" in refused(world, "api-key", "finish", "--force")


def deploy_release(world: World, name: str) -> None:
    """Deploys a template in which the text of the key has changed, and the rate of the plan."""
    built = world.stack.folder.build / "template.yaml"
    text = built.read_text(encoding="utf-8")
    begin = text.index("Payments API of the stack")
    # A new file: the run's copy is a second name of the project's own.
    built.unlink()
    built.write_text(text[:begin] + f"Release {name} of the " + text[begin:], encoding="utf-8")
    rate = {"one": "9998", "two": "9999"}[name]
    world.stack.redeploy({"ThrottleRate": rate})
    own = world.stack.aws.apigateway.get_api_key(apiKey=world.stack.outputs.api_key_id)
    assert f"Release {name} of" in own["description"], own
    assert own["enabled"], "the update has set what the template says"


# --- AzamPay's credentials --------------------------------------------------------------------


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes a file with the stand-in's credentials, some of them changed."""

    def written(**changes: str) -> str:
        file = tmp_path / "azampay.json"
        file.write_text(json.dumps(simulator_credentials() | changes), encoding="utf-8")
        return str(file)

    return written


def test_payments_go_on_while_the_credentials_are_replaced(
    world: World, events: EventQueue, write: Callable[..., str]
) -> None:
    paid = [paid_for(world)]
    before = token(world)
    lines = ops(world, "credentials", write(apiKey="a-new-api-key"))

    assert simulator_credentials()["clientSecret"] not in "".join(lines)
    assert token(world)["access_token"] != before["access_token"]
    assert token(world)["api_key"] == "a-new-api-key"
    paid.append(paid_for(world))

    ops(world, "credentials", "--back")
    assert "api_key" not in token(world)
    paid.append(paid_for(world))
    for each in paid:
        events.wait_for(each, SUCCEEDED)


def test_credentials_that_are_refused_are_not_put_into_use(
    world: World, write: Callable[..., str]
) -> None:
    before = token(world)
    why = refused(world, "credentials", write(clientSecret="a-wrong-secret"))
    assert "the old credentials stay in use" in why
    assert "a-wrong-secret" not in why + world.log_of("TokenRefreshLogGroup")
    assert token(world) == before

    secrets = world.stack.aws.secretsmanager
    now = secrets.get_secret_value(SecretId=world.stack.outputs.credentials_secret_name)
    assert json.loads(now["SecretString"])["clientSecret"] != "a-wrong-secret"
    paid_for(world)


def paid_for(world: World) -> str:
    """A payment that was sent, whose payer approves."""
    wanted = payment()
    response = world.merchant.post(wanted)
    assert response.status_code == 202, response.text
    return str(wanted["externalId"])


def token(world: World) -> dict[str, Any]:
    """What the token secret holds."""
    secret = world.stack.aws.secretsmanager.get_secret_value(
        SecretId=world.stack.outputs.token_secret_name
    )
    content: dict[str, Any] = json.loads(secret["SecretString"])
    return content
