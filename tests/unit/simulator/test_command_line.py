"""The command line's arguments, without starting anything."""

import pytest

from simulator.__main__ import _parser, main
from simulator.settings import KeyForm, Settings


def test_without_arguments_it_is_the_default_settings() -> None:
    assert Settings(**vars(_parser().parse_args([]))) == Settings()


def test_every_argument_reaches_the_settings() -> None:
    arguments = [
        "--host",
        "::1",
        "--port",
        "8080",
        "--allow-remote",
        "--callback-url",
        "http://h/x",
        "--callback-delay",
        "0.5",
        "--auto-approve",
        "0.25",
        "--no-callback-retries",
        "--seed",
        "3",
        "--app-name",
        "a",
        "--client-id",
        "b",
        "--client-secret",
        "c",
        "--api-key",
        "d",
        "--token-lifetime",
        "60",
        "--unsigned",
        "--slow-approval",
        "6",
        "--slow-answer",
        "7",
        "--authenticator-key-form",
        "escaped-json",
    ]
    assert Settings(**vars(_parser().parse_args(arguments))) == Settings(
        host="::1",
        port=8080,
        allow_remote=True,
        callback_url="http://h/x",
        callback_delay=0.5,
        auto_approve=0.25,
        callback_retries=False,
        seed=3,
        app_name="a",
        client_id="b",
        client_secret="c",
        api_key="d",
        token_lifetime=60,
        signed=False,
        slow_approval=6,
        slow_answer=7,
        authenticator_key_form=KeyForm.ESCAPED_JSON,
    )


def test_a_remote_host_is_refused_with_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--host", "0.0.0.0"])  # noqa: S104 (it must be refused)
    assert caught.value.code == 2
    assert "--allow-remote" in capsys.readouterr().err


def test_a_bad_callback_url_is_refused_without_quoting_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--callback-url", "ftp://host/s3cr3t"])
    assert "s3cr3t" not in capsys.readouterr().err
