"""The network guard of conftest.py: this machine may be reached, no other."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_a_server_on_loopback_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_another_machine_cannot_be_reached() -> None:
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80))
