"""What really happens on a connection: the right error, and never a request too many."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from finconnect.errors import (
    AuthenticationError,
    FinConnectError,
    PaymentNotSent,
    PaymentOutcomeUnknown,
    PaymentRequestError,
)
from finconnect.providers.azampay import AzampayConfig, AzampayProvider
from finconnect.providers.base import AccessToken, CheckoutAccepted
from finconnect.providers.http import HttpClient, NoAnswer, Timeouts
from finconnect.providers.retry import ConnectRetry
from tests.integration.providers.certificates import self_signed
from tests.integration.providers.raw_server import ACCEPTED, Connection, RawServer, answer

PAYLOAD = {
    "accountNumber": "255712345678",
    "amount": 1000,
    "currency": "TZS",
    "externalId": "ORDER-1",
    "provider": "Mpesa",
}
QUICK = Timeouts(connect=2.0, read=0.4, total=0.8)
# A checkout that could be waited for less than five seconds is not sent at all.
IMPATIENT = Timeouts(connect=2.0, read=0.4, total=6.0)
PATIENT = Timeouts(connect=2.0, read=5.0, total=10.0)


@dataclass
class OneToken:
    """The same token at all times."""

    value: str = "token-1"

    def token(self) -> AccessToken:
        now = datetime.now(UTC)
        return AccessToken(self.value, now, now + timedelta(hours=1))

    def renew(self, refused: AccessToken) -> AccessToken:
        return self.token()

    def was_in_vain(self, renewed: AccessToken) -> None:
        """Nothing is counted."""


@dataclass
class Merchant:
    """The provider under test, and how often it waited before another attempt."""

    url: str
    timeouts: Timeouts = PATIENT
    token: str = "token-1"
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        config = AzampayConfig(
            authenticator_url=self.url,
            checkout_url=self.url,
            app_name="Shop",
            client_id="id",
            client_secret="secret",
            checkout_timeouts=self.timeouts,
            timeouts=self.timeouts,
        )
        self.provider = AzampayProvider(
            config,
            tokens=OneToken(self.token),
            retry=ConnectRetry(sleep=self.waits.append, jitter=lambda: 0.0),
        )

    def close(self) -> None:
        self.provider._http._client.close()

    def pay(self) -> CheckoutAccepted:
        return self.provider.initiate_ussd_push_request(PAYLOAD)

    def fail(self) -> PaymentRequestError:
        with pytest.raises(PaymentRequestError) as caught:
            self.pay()
        return caught.value


type Merchants = Callable[..., Merchant]


@pytest.fixture
def merchant_at() -> Iterator[Merchants]:
    """Makes merchants, and closes their connections at the end."""
    made: list[Merchant] = []

    def make(url: str, timeouts: Timeouts = PATIENT, token: str = "token-1") -> Merchant:
        made.append(Merchant(url, timeouts, token))
        return made[-1]

    yield make
    for merchant in made:
        merchant.close()


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port that is taken, so that nobody else gets it, and where nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def test_a_checkout_arrives_as_it_was_given(merchant_at: Merchants) -> None:
    with RawServer(lambda connection, _: connection.send(answer())) as server:
        merchant_at(server.url).pay()
    (request,) = server.requests
    assert request.startswith(b"POST /azampay/mno/checkout HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer token-1\r\n" in request
    assert request.endswith(
        b'\r\n\r\n{"accountNumber":"255712345678","amount":1000,"currency":"TZS",'
        b'"externalId":"ORDER-1","provider":"Mpesa"}'
    )


def test_a_refused_connection_is_not_sent_after_three_attempts(
    merchant_at: Merchants, dead_port: int
) -> None:
    merchant = merchant_at(f"http://127.0.0.1:{dead_port}")
    error = merchant.fail()
    assert type(error) is PaymentNotSent
    assert "ConnectError" in str(error)
    assert merchant.waits == [0.1, 0.2]


@pytest.mark.parametrize("host", ["checkout.invalid", "a..b", f"{'a' * 64}.invalid"])
def test_a_name_that_does_not_resolve_is_not_sent(merchant_at: Merchants, host: str) -> None:
    assert type(merchant_at(f"http://{host}").fail()) is PaymentNotSent


def test_a_certificate_that_nobody_vouches_for_is_not_sent(
    merchant_at: Merchants, tmp_path: Path
) -> None:
    with RawServer(
        lambda connection, _: connection.send(answer()), tls=self_signed(tmp_path)
    ) as server:
        error = merchant_at(server.url).fail()
    assert type(error) is PaymentNotSent
    assert server.requests == []
    assert server.connections == 3


def test_a_handshake_that_never_ends_is_not_sent(merchant_at: Merchants) -> None:
    # A listener whose connections nobody accepts: the kernel connects, TLS gets no answer.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        quick = Timeouts(connect=0.2, read=0.4, total=10.0)
        began = time.monotonic()
        error = merchant_at(f"https://127.0.0.1:{port}", quick).fail()
    assert type(error) is PaymentNotSent
    # Three attempts of 0.2 s each, and half a second of grace for a busy machine.
    assert time.monotonic() - began < 1.1


@pytest.mark.parametrize(
    ("name", "reason"), [("reset", "ReadError"), ("close", "RemoteProtocolError")]
)
def test_a_connection_that_breaks_after_the_request_was_read_is_unknown(
    merchant_at: Merchants, name: str, reason: str
) -> None:
    with RawServer(lambda connection, _: getattr(connection, name)()) as server:
        merchant = merchant_at(server.url)
        error = merchant.fail()
    assert type(error) is PaymentOutcomeUnknown
    assert reason in str(error)
    assert len(server.requests) == 1
    assert merchant.waits == []


@pytest.mark.parametrize("cut", [10, 40, -1])
def test_an_answer_that_breaks_off_is_unknown(merchant_at: Merchants, cut: int) -> None:
    def script(connection: Connection, _: int) -> None:
        connection.send(answer()[:cut])
        connection.close()

    with RawServer(script) as server:
        error = merchant_at(server.url).fail()
    assert type(error) is PaymentOutcomeUnknown
    assert len(server.requests) == 1


def test_silence_beyond_the_read_time_out_is_unknown(merchant_at: Merchants) -> None:
    with RawServer(lambda connection, _: connection.hang()) as server:
        error = merchant_at(server.url, IMPATIENT).fail()
        assert type(error) is PaymentOutcomeUnknown
        assert "ReadTimeout" in str(error)
        assert len(server.requests) == 1


# Each byte comes well within the read time-out; all of them take five seconds and more.
TRICKLING = {
    "body": (answer(), b"x" * 100),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Padding: " + b"x" * 100),
    "status line": (b"", b"HTTP/1.1 200 " + b"x" * 100),
    "chunk sizes": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 100),
    "gzip that says nothing": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n",
        # a header of gzip with a file name that does not end
        gzip.compress(b"")[:3] + b"\x08" + gzip.compress(b"")[4:10] + b"x" * 100,
    ),
}


@pytest.mark.parametrize(("at_once", "slowly"), TRICKLING.values(), ids=TRICKLING.keys())
def test_an_answer_that_trickles_is_given_up_at_the_total_time_out(
    at_once: bytes, slowly: bytes
) -> None:
    def script(connection: Connection, _: int) -> None:
        connection.send(at_once.replace(b"Content-Length: 67", b"Content-Length: 500"))
        connection.trickle(slowly, 0.05)
        connection.hang()

    client = HttpClient()
    with RawServer(script) as server, client._client:
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            client.send("POST", f"{server.url}/x", timeouts=QUICK, content=b"x")
        took = time.monotonic() - began
        assert len(server.requests) == 1
    # Half a second of grace beyond 0.8 s, for a busy machine.
    assert took < QUICK.total + 0.5


def test_an_empty_200_is_unknown(merchant_at: Merchants) -> None:
    with RawServer(lambda connection, _: connection.send(answer(b""))) as server:
        error = merchant_at(server.url).fail()
    assert type(error) is PaymentOutcomeUnknown
    assert "an empty answer (HTTP 200)" in str(error)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "503 Unavailable", "504 Slow"])
def test_a_server_error_is_unknown_and_never_sent_again(
    merchant_at: Merchants, status: str
) -> None:
    with RawServer(
        lambda connection, _: connection.send(answer(b"", status, "Retry-After: 0"))
    ) as server:
        assert type(merchant_at(server.url).fail()) is PaymentOutcomeUnknown
    assert len(server.requests) == 1


def test_a_redirect_is_not_followed(merchant_at: Merchants) -> None:
    redirect = answer(b"", "307 Temporary Redirect", "Location: /elsewhere")
    with RawServer(lambda connection, _: connection.send(redirect)) as server:
        assert type(merchant_at(server.url).fail()) is PaymentOutcomeUnknown
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "location",
    ["https://xn--/", "//xn--0.co/", "https://xn--a.example/login", "/" + "a" * 65_500],
    ids=["an empty label", "a bad label", "a bad host", "too long"],
)
def test_a_redirect_that_cannot_be_read_is_no_reason_to_send_again(
    merchant_at: Merchants, location: str
) -> None:
    # The HTTP client raises for such an address as if the request had never left.
    redirect = answer(b"", "302 Found", f"Location: {location}")
    with RawServer(lambda connection, _: connection.send(redirect)) as server:
        assert type(merchant_at(server.url).fail()) is PaymentOutcomeUnknown
    assert len(server.requests) == 1


def test_a_refused_token_costs_one_more_request(merchant_at: Merchants) -> None:
    def script(connection: Connection, number: int) -> None:
        connection.send(answer(b"", "401 Unauthorized") if number == 1 else answer())

    with RawServer(script) as server:
        merchant_at(server.url).pay()
    assert len(server.requests) == 2


def test_no_connection_is_kept_for_the_next_payment(merchant_at: Merchants) -> None:
    # One that died while the container slept would take a payment with it.
    with RawServer(lambda connection, _: connection.send(answer())) as server:
        merchant = merchant_at(server.url)
        merchant.pay()
        merchant.pay()
    assert len(server.requests) == 2
    assert server.connections == 2


@pytest.mark.parametrize("name", ["close", "reset"])
def test_a_server_that_closes_the_connection_after_its_answer_loses_no_payment(
    merchant_at: Merchants, name: str
) -> None:
    was_answered = threading.Event()

    def script(connection: Connection, number: int) -> None:
        connection.send(answer())
        if number == 1:
            was_answered.wait(10)
            getattr(connection, name)()

    with RawServer(script) as server:
        merchant = merchant_at(server.url)
        merchant.pay()
        was_answered.set()
        pool_sees_the_end(merchant)
        merchant.pay()
    assert len(server.requests) == 2
    assert server.connections == 2
    assert merchant.waits == []


def pool_sees_the_end(merchant: Merchant) -> None:
    """Wait until the end of the connection has arrived, as it has when a container wakes up."""
    pool = merchant.provider._http._client._transport._pool  # type: ignore[attr-defined]
    deadline = time.monotonic() + 5
    while not all(connection.has_expired() for connection in pool.connections):
        assert time.monotonic() < deadline, "the connection was never closed"
        time.sleep(0.01)


def test_a_connection_closed_while_the_request_is_on_its_way_is_unknown(
    merchant_at: Merchants,
) -> None:
    # Nobody can tell whether the server acted on the request before it closed.
    def script(connection: Connection, number: int) -> None:
        if number == 1:
            connection.send(answer())
        else:
            connection.close()

    with RawServer(script) as server:
        merchant = merchant_at(server.url)
        merchant.pay()
        assert type(merchant.fail()) is PaymentOutcomeUnknown
    assert len(server.requests) == 2
    assert server.connections == 2


@pytest.mark.parametrize("token", ["canary\n", "canary\r\nX-Injected: 1", "can\x00ary", "canarý"])
def test_a_token_that_no_header_can_carry_is_not_sent_and_not_shown(
    merchant_at: Merchants, token: str
) -> None:
    with (
        RawServer(lambda connection, _: connection.send(answer())) as server,
        pytest.raises(FinConnectError) as caught,
    ):
        merchant_at(server.url, token=token).pay()
    assert isinstance(caught.value, PaymentNotSent)
    assert server.requests == []
    assert "canar" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("name", ["reset", "close", "hang"])
def test_an_authenticator_that_breaks_off_is_asked_once(merchant_at: Merchants, name: str) -> None:
    with RawServer(lambda connection, _: getattr(connection, name)()) as server:
        with pytest.raises(AuthenticationError, match="did not answer"):
            merchant_at(server.url, QUICK).provider.authenticate()
        assert len(server.requests) == 1


def test_an_authenticator_that_refuses_connections_is_tried_three_times(
    merchant_at: Merchants, dead_port: int
) -> None:
    merchant = merchant_at(f"http://127.0.0.1:{dead_port}")
    with pytest.raises(AuthenticationError, match="cannot be reached"):
        merchant.provider.authenticate()
    assert merchant.waits == [0.1, 0.2]


def test_the_length_of_the_accepted_answer_is_the_one_replaced_above() -> None:
    assert len(ACCEPTED) == 67
