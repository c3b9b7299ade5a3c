from pathlib import Path

from local.environment import (
    forget_aws_account,
    local_credentials,
    server_environment,
    tool_environment,
)

TEMPORARY = Path("/run/tmp")
PERSON = {
    "PATH": "/bin",
    "HOME": "/home/somebody",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "real",
    "HTTPS_PROXY": "http://proxy:3128",
    "NO_PROXY": "intranet",
    "VIRTUAL_ENV": "/venv",
}


def test_no_account_is_left() -> None:
    environ = dict(PERSON)
    forget_aws_account(environ)
    assert "AWS_PROFILE" not in environ
    assert "AWS_ACCESS_KEY_ID" not in environ
    assert environ["AWS_CONFIG_FILE"] == "/dev/null"


def test_a_server_sees_neither_account_nor_proxy() -> None:
    environ = server_environment(PERSON, TEMPORARY)
    assert environ == {
        "PATH": "/bin",
        "HOME": "/home/somebody",
        "TMPDIR": "/run/tmp",
        "PYTHONUNBUFFERED": "1",
    }


def test_a_tool_keeps_the_proxy_but_not_for_this_machine() -> None:
    environ = tool_environment(PERSON, TEMPORARY)
    assert environ["HTTPS_PROXY"] == "http://proxy:3128"
    assert environ["NO_PROXY"] == environ["no_proxy"] == "intranet,127.0.0.1,localhost"
    assert "AWS_PROFILE" not in environ
    assert "VIRTUAL_ENV" not in environ


def test_the_credentials_are_the_emulators() -> None:
    assert local_credentials("http://127.0.0.1:1")["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert local_credentials("http://127.0.0.1:1")["AWS_ACCESS_KEY_ID"] == "test"
