"""What becomes of a checkout: each answer, each silence, and how often it was sent."""

import contextlib

import httpx
import pytest

from finconnect.errors import (
    AuthenticationError,
    PaymentNotSent,
    PaymentOutcomeUnknown,
    PaymentRefused,
    PaymentRequestError,
    PaymentUnauthorised,
)
from tests.unit.finconnect.providers.azampay.fakes import (
    PAYLOAD,
    RENEWED,
    TOKEN,
    TRANSACTION_ID,
    UNAUTHORISED,
    FakeAzampay,
    FakeTokens,
    Outcome,
    Reply,
    Waits,
    accepted,
    provider,
    reply,
)

HTML = b"<html><body>502 Bad Gateway</body></html>"
FIELD_ERRORS = {
    "amount": ["must be greater than 0", "must be a number"],
    "externalId": None,
    "accountNumber": [],
    "provider": ["Mixx is unknown"],
}


def fail(
    *outcomes: Outcome, tokens: FakeTokens | None = None, waits: Waits | None = None
) -> tuple[PaymentRequestError, FakeAzampay]:
    azampay = FakeAzampay(checkout=outcomes)
    with pytest.raises(PaymentRequestError) as caught:
        provider(azampay, tokens=tokens or FakeTokens(), waits=waits).initiate_ussd_push_request(
            PAYLOAD
        )
    return caught.value, azampay


def test_an_accepted_checkout_gives_the_id_and_the_message() -> None:
    azampay = FakeAzampay(checkout=[accepted()])
    result = provider(azampay, tokens=FakeTokens()).initiate_ussd_push_request(PAYLOAD)
    assert result.transaction_id == TRANSACTION_ID
    assert result.message == "Request received"
    assert len(azampay.requests) == 1


def test_a_refusal_that_names_a_transaction_is_no_refusal() -> None:
    told = reply(transactionId=TRANSACTION_ID, message="Timed out at the operator", success=False)
    azampay = FakeAzampay(checkout=[told])
    with pytest.raises(PaymentOutcomeUnknown) as caught:
        provider(azampay, tokens=FakeTokens()).initiate_ussd_push_request(PAYLOAD)
    assert caught.value.transaction_id == TRANSACTION_ID
    assert len(azampay.requests) == 1


@pytest.mark.parametrize("length", [129, 500_000])
def test_an_id_that_no_ledger_could_keep_is_no_acceptance(length: int) -> None:
    azampay = FakeAzampay(checkout=[reply(transactionId="a" * length, success=True)])
    with pytest.raises(PaymentOutcomeUnknown):
        provider(azampay, tokens=FakeTokens()).initiate_ussd_push_request(PAYLOAD)


def test_an_accepted_checkout_needs_no_message() -> None:
    azampay = FakeAzampay(checkout=[reply(transactionId=TRANSACTION_ID, success=True)])
    result = provider(azampay, tokens=FakeTokens()).initiate_ussd_push_request(PAYLOAD)
    assert result.message is None


@pytest.mark.parametrize(
    ("answer", "message", "text"),
    [
        pytest.param(
            reply(transactionId="null", message="x Invalid Vendor", success=False, messageCode=1e3),
            "x Invalid Vendor",
            "x Invalid Vendor",
            id="invalid vendor inside a 200",
        ),
        pytest.param(
            reply(success=False), None, "refused without a reason", id="200, success false"
        ),
        pytest.param(
            reply(transactionId="null", message="No"), "No", "No", id="200, the id is 'null'"
        ),
        pytest.param(
            reply(400, errors=FIELD_ERRORS, title="Bad Request", traceId="00-1", status=400),
            "amount: must be greater than 0, must be a number; provider: Mixx is unknown",
            "amount: must be greater than 0, must be a number; provider: Mixx is unknown",
            id="400 with errors by field",
        ),
        pytest.param(
            reply(400, errors={"amount": None}, title="One or more errors"),
            "One or more errors",
            "One or more errors",
            id="400 whose errors are null",
        ),
        pytest.param(
            reply(400, errors={"amount": 5, "provider": {}}, title="One or more errors"),
            "One or more errors",
            "One or more errors",
            id="400 whose errors are no lists",
        ),
        pytest.param(reply(400, message="Bad"), "Bad", "Bad", id="400 with a message"),
        pytest.param(Reply(400), None, "the request is not valid (400)", id="empty 400"),
        pytest.param(Reply(400, HTML), None, "the request is not valid (400)", id="HTML 400"),
    ],
)
def test_a_refusal_is_final_and_in_the_words_of_azampay(
    answer: Reply, message: str | None, text: str
) -> None:
    error, azampay = fail(answer)
    assert type(error) is PaymentRefused
    assert str(error) == f"Payment request failed: {text}"
    assert error.provider_message == message
    assert error.status_code == answer.status
    assert len(azampay.requests) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Reply(200), "an empty answer (HTTP 200)"),
        (Reply(200, b" \r\n"), "an empty answer (HTTP 200)"),
        (Reply(200, HTML), "an answer that is not JSON (HTTP 200)"),
        (Reply(200, b"[]"), "an answer that is not JSON (HTTP 200)"),
        (Reply(200, b"\xff\xfe"), "an answer that is not JSON (HTTP 200)"),
        (
            Reply(200, b'{"success":true,"success":false}'),
            "an answer that is not JSON (HTTP 200)",
        ),
        (reply(), "an answer without the expected fields (HTTP 200)"),
        (reply(success=True), "an answer without the expected fields (HTTP 200)"),
        (reply(success=True, transactionId="null", message="?"), "? (HTTP 200)"),
        (
            reply(success=True, transactionId=" "),
            "an answer without the expected fields (HTTP 200)",
        ),
        (reply(success=True, transactionId=12), "an answer without the expected fields (HTTP 200)"),
        (
            reply(success="true", transactionId=TRANSACTION_ID),
            "an answer without the expected fields (HTTP 200)",
        ),
        (reply(transactionId=TRANSACTION_ID, message="ok"), "ok (HTTP 200)"),
        (reply(202, transactionId=TRANSACTION_ID, success=True, message="ok"), "ok (HTTP 202)"),
        (Reply(302, headers={"Location": "https://elsewhere.test/"}), "an empty answer (HTTP 302)"),
        (Reply(307, headers={"Location": "/again"}), "an empty answer (HTTP 307)"),
        (Reply(404), "an empty answer (HTTP 404)"),
        (Reply(408), "an empty answer (HTTP 408)"),
        (Reply(423), "an empty answer (HTTP 423)"),
        (Reply(429, HTML), "an answer that is not JSON (HTTP 429)"),
        (reply(500, message="Oops", success=False), "Oops (HTTP 500)"),
        (reply(500, success=False, transactionId="null"), "an answer without the expected fields"),
        (Reply(502, HTML), "an answer that is not JSON (HTTP 502)"),
        (Reply(503, headers={"Retry-After": "1"}), "an empty answer (HTTP 503)"),
        (Reply(504), "an empty answer (HTTP 504)"),
        (Reply(200, b"x" * (1024 * 1024 + 1)), "no clear answer"),
    ],
)
def test_whatever_is_no_clear_word_leaves_the_outcome_unknown_and_is_never_sent_again(
    answer: Reply, reason: str
) -> None:
    waits = Waits()
    error, azampay = fail(answer, waits=waits)
    assert type(error) is PaymentOutcomeUnknown
    assert str(error).startswith(f"Payment request failed: {reason}")
    assert len(azampay.requests) == 1
    assert waits.seconds == []


@pytest.mark.parametrize("answer", [Reply(404), Reply(500, HTML), reply(502, message="Oops")])
def test_an_unknown_outcome_carries_the_status(answer: Reply) -> None:
    error, _ = fail(answer)
    assert error.status_code == answer.status


@pytest.mark.parametrize(
    "silence",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.CloseError("closed"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        httpx.DecodingError("not gzip"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_silence_after_the_request_may_have_left_is_unknown_and_never_sent_again(
    silence: httpx.HTTPError,
) -> None:
    waits = Waits()
    error, azampay = fail(silence, waits=waits)
    assert type(error) is PaymentOutcomeUnknown
    assert str(error) == f"Payment request failed: no clear answer ({type(silence).__name__})"
    assert (error.status_code, error.provider_message) == (None, None)
    assert len(azampay.requests) == 1
    assert waits.seconds == []


NEVER_SENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("busy"),
    httpx.UnsupportedProtocol("what"),
]


@pytest.mark.parametrize("failure", NEVER_SENT, ids=lambda error: type(error).__name__)
def test_a_connection_that_never_came_about_is_tried_three_times_and_is_not_sent(
    failure: httpx.HTTPError,
) -> None:
    waits = Waits()
    error, azampay = fail(failure, failure, failure, waits=waits)
    assert type(error) is PaymentNotSent
    assert str(error) == (
        f"Payment request failed: AzamPay cannot be reached ({type(failure).__name__})"
    )
    assert error.status_code is None
    assert len(azampay.requests) == 3
    assert waits.seconds == [0.1, 0.2]


def test_a_connection_that_comes_about_at_last_sends_the_checkout_once() -> None:
    azampay = FakeAzampay(checkout=[NEVER_SENT[0], NEVER_SENT[1], accepted()])
    waits = Waits()
    provider(azampay, tokens=FakeTokens(), waits=waits).initiate_ussd_push_request(PAYLOAD)
    assert waits.seconds == [0.1, 0.2]


def test_silence_after_a_failed_connection_is_unknown_and_not_sent_again() -> None:
    error, azampay = fail(NEVER_SENT[0], httpx.ReadTimeout("slow"))
    assert type(error) is PaymentOutcomeUnknown
    assert len(azampay.requests) == 2


@pytest.mark.parametrize("turned_away", [UNAUTHORISED, Reply(401), Reply(403, HTML)])
def test_a_refused_token_is_renewed_once_and_the_checkout_sent_once_more(
    turned_away: Reply,
) -> None:
    azampay = FakeAzampay(checkout=[turned_away, accepted()])
    tokens = FakeTokens()
    result = provider(azampay, tokens=tokens).initiate_ussd_push_request(PAYLOAD)
    assert result.transaction_id == TRANSACTION_ID
    assert tokens.refused == [TOKEN]
    assert azampay.authorizations == [f"Bearer {TOKEN}", f"Bearer {RENEWED}"]


@pytest.mark.parametrize(
    ("turned_away", "message", "text"),
    [
        (
            UNAUTHORISED,
            "Please Provide Valid Authorization",
            "Please Provide Valid Authorization",
        ),
        (Reply(403), None, "HTTP 403"),
    ],
)
def test_a_token_refused_twice_is_not_sent_and_not_tried_a_third_time(
    turned_away: Reply, message: str | None, text: str
) -> None:
    error, azampay = fail(turned_away, turned_away)
    assert type(error) is PaymentUnauthorised
    assert isinstance(error, PaymentNotSent)
    assert str(error) == f"Payment request failed: {text}"
    assert error.provider_message == message
    assert error.status_code == turned_away.status
    assert len(azampay.requests) == 2


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        (Reply(500), PaymentOutcomeUnknown),
        (httpx.ReadTimeout("slow"), PaymentOutcomeUnknown),
        (Reply(400), PaymentRefused),
    ],
)
def test_what_comes_after_a_renewal_is_judged_as_ever(
    second: Outcome, kind: type[PaymentRequestError]
) -> None:
    error, azampay = fail(UNAUTHORISED, second)
    assert type(error) is kind
    assert len(azampay.requests) == 2


def no_token() -> AuthenticationError:
    return AuthenticationError(
        "locked (HTTP 423)", status_code=423, provider_message="locked", trace_id="t-1"
    )


def test_without_a_token_nothing_is_sent() -> None:
    error, azampay = fail(tokens=FakeTokens(error=no_token()))
    assert type(error) is PaymentNotSent
    assert str(error) == (
        "Payment request failed: no token (Authentication failed: locked (HTTP 423))"
    )
    assert (error.status_code, error.provider_message, error.trace_id) == (423, "locked", "t-1")
    assert azampay.requests == []


def test_a_renewal_that_fails_leaves_the_payment_not_sent() -> None:
    error, azampay = fail(UNAUTHORISED, tokens=FakeTokens(error_of_renewal=no_token()))
    assert type(error) is PaymentNotSent
    assert error.provider_message == "locked"
    assert len(azampay.requests) == 1


def test_a_renewal_that_is_refused_leaves_how_the_checkout_was_turned_away() -> None:
    tokens = FakeTokens(error_of_renewal=AuthenticationError("no other is due"))
    error, _ = fail(UNAUTHORISED, tokens=tokens)
    assert type(error) is PaymentNotSent
    assert (error.status_code, error.provider_message) == (
        401,
        "Please Provide Valid Authorization",
    )


@pytest.mark.parametrize(
    ("checkouts", "in_vain"),
    [
        ([UNAUTHORISED, UNAUTHORISED], [RENEWED]),
        ([UNAUTHORISED, accepted()], []),
        ([UNAUTHORISED, Reply(400)], []),
        ([UNAUTHORISED, Reply(500)], []),
        ([accepted()], []),
    ],
)
def test_it_is_told_which_renewal_was_in_vain(checkouts: list[Outcome], in_vain: list[str]) -> None:
    tokens = FakeTokens()
    with contextlib.suppress(PaymentRequestError):
        provider(FakeAzampay(checkout=checkouts), tokens=tokens).initiate_ussd_push_request(PAYLOAD)
    assert tokens.in_vain == in_vain


@pytest.mark.parametrize(
    "header", ["traceparent", "request-id", "x-request-id", "X-Correlation-Id"]
)
def test_the_trace_id_of_azampay_is_kept_for_its_support(header: str) -> None:
    error, _ = fail(Reply(500, headers={header: "t" * 200}))
    assert error.trace_id == "t" * 128


@pytest.mark.parametrize("token", ["token\n", "tok\x00en", "töken"])
def test_a_token_that_no_header_can_carry_leaves_the_payment_not_sent(token: str) -> None:
    # MockTransport does not check headers as a connection does; see the integration tests.
    azampay = FakeAzampay(checkout=[httpx.LocalProtocolError("Illegal header value")] * 3)
    with pytest.raises(PaymentRequestError) as caught:
        provider(azampay, tokens=FakeTokens([token])).initiate_ussd_push_request(PAYLOAD)
    assert isinstance(caught.value, PaymentNotSent)


def test_azampay_registers_callback_urls_by_hand() -> None:
    with pytest.raises(Exception, match="customer care") as caught:
        provider(FakeAzampay(), tokens=FakeTokens()).register_ipn("https://shop.test/")
    assert type(caught.value).__name__ == "UnsupportedOperation"
