"""The HTTP client, without a network: what it raises, and what it never does."""

import contextlib
import gzip
from collections.abc import Callable, Iterator

import httpx
import pytest

from finconnect.providers.http import (
    MAX_ANSWER_BYTES,
    HttpAnswer,
    HttpCall,
    HttpClient,
    NeverSent,
    NoAnswer,
    Operation,
    Timeouts,
)

URL = "https://azampay.test/path"


def send(
    answer: Callable[[httpx.Request], httpx.Response],
    *,
    monotonic: Callable[[], float] = lambda: 0.0,
) -> HttpAnswer:
    client = HttpClient(transport=httpx.MockTransport(answer), monotonic=monotonic)
    return client.send("POST", URL, timeouts=Timeouts(1, 2, 3), content=b"x")


def raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize("status", [200, 204, 301, 401, 418, 500, 599])
def test_any_status_is_an_answer(status: int) -> None:
    assert send(lambda _: httpx.Response(status, content=b"body")).status == status


@pytest.mark.parametrize(
    ("answer", "outcome", "status"),
    [
        (lambda _: httpx.Response(201, headers={"traceparent": "00-1"}), "answered", 201),
        (lambda _: httpx.Response(503, headers={"traceparent": "00-1"}), "answered", 503),
        (raising(httpx.ConnectError("x")), "never_sent", None),
        (raising(httpx.ReadTimeout("x")), "no_answer", None),
    ],
)
def test_each_call_is_observed_with_its_time_whatever_came_of_it(
    answer: Callable[[httpx.Request], httpx.Response], outcome: str, status: int | None
) -> None:
    seen: list[HttpCall] = []
    times = iter(range(100))
    client = HttpClient(
        transport=httpx.MockTransport(answer),
        monotonic=lambda: float(next(times)),
        observe=seen.append,
    )
    with contextlib.suppress(NeverSent, NoAnswer):
        client.send("POST", URL, timeouts=Timeouts(1, 200, 300), operation=Operation.CHECKOUT)
    (call,) = seen
    assert (call.operation, call.outcome, call.status) == ("checkout", outcome, status)
    assert call.seconds > 0
    assert call.trace_id == ("00-1" if status else None)


def test_a_call_that_does_not_say_what_it_is_for_is_not_observed() -> None:
    seen: list[HttpCall] = []
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    client = HttpClient(transport=transport, observe=seen.append)
    client.send("POST", URL, timeouts=Timeouts(1, 2, 3))
    assert seen == []


def test_a_cookie_is_not_sent_back() -> None:
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, headers={"Set-Cookie": "session=canary; Path=/"})

    client = HttpClient(transport=httpx.MockTransport(answer))
    for _ in range(2):
        client.send("POST", URL, timeouts=Timeouts(1, 2, 3), content=b"x")
    assert len(seen) == 2
    assert all("cookie" not in headers for headers in seen)


def test_a_redirect_is_not_followed() -> None:
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(308, headers={"Location": "https://elsewhere.test/"})

    assert send(answer).status == 308
    assert len(seen) == 1


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError(""),
        httpx.ConnectTimeout(""),
        httpx.PoolTimeout(""),
        httpx.UnsupportedProtocol(""),
        httpx.InvalidURL(""),
        httpx.LocalProtocolError(""),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_fails_before_the_first_byte_was_never_sent(error: Exception) -> None:
    with pytest.raises(NeverSent, match=type(error).__name__):
        send(raising(error))


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout(""),
        httpx.WriteTimeout(""),
        httpx.ReadError(""),
        httpx.WriteError(""),
        httpx.CloseError(""),
        httpx.RemoteProtocolError(""),
        httpx.DecodingError(""),
        httpx.TooManyRedirects(""),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_fails_later_is_no_answer(error: httpx.HTTPError) -> None:
    with pytest.raises(NoAnswer, match=type(error).__name__):
        send(raising(error))


def test_the_text_of_an_error_is_not_shown() -> None:
    with pytest.raises(NeverSent) as caught:
        send(raising(httpx.ConnectError("https://user:canary@azampay.test/")))
    assert "canary" not in repr(caught.value)


def test_the_time_outs_reach_the_transport() -> None:
    seen: list[object] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200)

    send(answer)
    assert seen == [{"connect": 1, "read": 2, "write": 2, "pool": 2}]


def test_an_answer_of_1_mib_is_read_and_a_byte_more_is_not() -> None:
    assert len(send(lambda _: httpx.Response(200, content=b"x" * MAX_ANSWER_BYTES)).body) == 2**20
    with pytest.raises(NoAnswer, match="larger than 1 MiB"):
        send(lambda _: httpx.Response(200, content=b"x" * (MAX_ANSWER_BYTES + 1)))


def test_a_small_gzip_that_grows_beyond_1_mib_is_not_read() -> None:
    bomb = gzip.compress(b"x" * (MAX_ANSWER_BYTES + 1))
    headers = {"Content-Encoding": "gzip"}
    with pytest.raises(NoAnswer, match="larger than 1 MiB"):
        send(lambda _: httpx.Response(200, content=bomb, headers=headers))


def test_gzip_is_decoded() -> None:
    body = gzip.compress(b"{}")
    headers = {"Content-Encoding": "gzip"}
    assert send(lambda _: httpx.Response(200, content=body, headers=headers)).body == b"{}"


@pytest.mark.parametrize(("seconds_a_read", "whole"), [(0.5, True), (1.0, False)])
def test_the_whole_answer_must_come_within_the_total_time(
    seconds_a_read: float, whole: bool
) -> None:
    ticks = (index * seconds_a_read for index in range(100))

    def body() -> Iterator[bytes]:
        yield from [b"x"] * 5

    def read() -> bytes:
        return send(
            lambda _: httpx.Response(200, content=body()), monotonic=lambda: next(ticks)
        ).body

    if whole:
        assert read() == b"xxxxx"
    else:
        with pytest.raises(NoAnswer, match="took too long"):
            read()


def test_the_environment_adds_no_proxy_and_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NETRC", "/nowhere")
    assert send(lambda request: httpx.Response(200, content=str(request.url))).body == URL.encode()
    assert HttpClient()._client._mounts == {}


@pytest.mark.parametrize("header", ["traceparent", "request-id", "x-request-id"])
def test_the_trace_id_is_read_and_cut(header: str) -> None:
    answer = send(lambda _: httpx.Response(200, headers={header: "t" * 500}))
    assert answer.trace_id == "t" * 128


def test_without_a_trace_id_there_is_none() -> None:
    assert send(lambda _: httpx.Response(200)).trace_id is None
