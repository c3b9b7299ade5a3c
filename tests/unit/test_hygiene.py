"""The guards of conftest.py and pyproject.toml, tried out."""

import asyncio
import os
import socket
import warnings

import boto3
import httpx
import pytest
from botocore.exceptions import BotoCoreError
from pytest_socket import SocketBlockedError


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_unit_test_cannot_open_a_socket(
    family: socket.AddressFamily, kind: socket.SocketKind
) -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket(family, kind)


def test_a_unit_test_cannot_look_up_a_name() -> None:
    with pytest.raises(SocketBlockedError):
        socket.getaddrinfo("localhost", 80)


def test_a_unit_test_cannot_send_a_request() -> None:
    with pytest.raises(SocketBlockedError):
        httpx.get("http://127.0.0.1:1/")


def test_a_unit_test_cannot_call_aws() -> None:
    with pytest.raises((SocketBlockedError, BotoCoreError)):
        boto3.client("sts").get_caller_identity()


def test_an_event_loop_still_runs() -> None:
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"


def test_no_setting_of_the_developer_is_left() -> None:
    assert os.environ["AWS_ACCESS_KEY_ID"] == "test"
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert "AWS_PROFILE" not in os.environ


def test_a_warning_is_an_error() -> None:
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)
