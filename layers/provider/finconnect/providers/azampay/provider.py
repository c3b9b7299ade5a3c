"""AzamPay as a FinConnect provider."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from finconnect import strict_json
from finconnect.clock import Clock, utc_now
from finconnect.errors import (
    AuthenticationError,
    PaymentNotSent,
    PaymentOutcomeUnknown,
    PaymentUnauthorised,
    PublicKeyError,
    UnsupportedOperation,
)
from finconnect.providers.azampay import answers
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.azampay.config import CHECKOUT_PATH, TOKEN_PATH, AzampayConfig
from finconnect.providers.azampay.payload import read_payload
from finconnect.providers.azampay.status import read_status, status_query
from finconnect.providers.base import (
    AccessToken,
    CallbackOutcome,
    CheckoutAccepted,
    HandledCallback,
    Payload,
    PaymentDetails,
    TokenSource,
)
from finconnect.providers.http import HttpAnswer, HttpClient, NeverSent, NoAnswer, Operation
from finconnect.providers.retry import ConnectRetry
from finconnect.providers.tokens import InMemoryTokens

_JSON: Final = "application/json"
_SECONDS_TO_RENEW: Final = 10.0
"""With less left, another token would come too late: not sent, and the caller posts again."""
_LEAST_SECONDS: Final = 5.0
"""A checkout that could only be waited for so long is not sent: it would end up unknown."""


class AzampayProvider(AzampayCallbacks):
    """Speaks AzamPay's protocol. Thread-safe; build it once and keep it."""

    def __init__(
        self,
        config: AzampayConfig,
        *,
        tokens: TokenSource | None = None,
        http: HttpClient | None = None,
        retry: ConnectRetry | None = None,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without ``tokens`` it authenticates by itself, with the credentials in ``config``."""
        self._config = config
        self._http = http or HttpClient()
        self._retry = retry or ConnectRetry()
        self._clock = clock
        self._monotonic = monotonic
        self._tokens = tokens or InMemoryTokens(self.authenticate, clock=clock)

    def authenticate(self) -> AccessToken:
        """Ask AzamPay for a token (DOC). Raises AuthenticationError."""
        config = self._config
        if not (config.app_name and config.client_id and config.client_secret):
            raise AuthenticationError("app_name, client_id and client_secret must be configured")
        body = {
            "appName": config.app_name,
            "clientId": config.client_id,
            "clientSecret": config.client_secret,
        }
        try:
            answer = self._retry.call(
                lambda: self._http.send(
                    "POST",
                    config.authenticator(TOKEN_PATH),
                    timeouts=config.timeouts,
                    headers={"Content-Type": _JSON},
                    content=json.dumps(body).encode(),
                    operation=Operation.TOKEN,
                )
            )
        except NeverSent as error:
            raise AuthenticationError(f"the authenticator cannot be reached ({error})") from error
        except NoAnswer as error:
            raise AuthenticationError(f"the authenticator did not answer ({error})") from error
        token = answers.read_token(
            answer, now=self._clock(), secrets=(config.client_secret, config.client_id)
        )
        return replace(token, api_key=config.api_key)

    def read_payload(self, payload: Payload) -> PaymentDetails:
        """Check a checkout payload. Raises InvalidPayload naming every faulty field."""
        return read_payload(payload)

    def initiate_ussd_push_request(self, payload: Payload) -> CheckoutAccepted:
        """Send the payload as it is, so that the payer is prompted (DOC).

        A refused token is renewed and the request sent once more, because it was turned away at the
        door; a connection that did not come about is tried again. Nothing else is ever sent twice:
        AzamPay is not known to recognise a repeated ``externalId``.

        Raises PaymentRefused, PaymentNotSent or PaymentOutcomeUnknown.
        """
        content = strict_json.encode(payload)
        deadline = self._monotonic() + self._config.checkout_timeouts.total
        token = self._token()
        try:
            return self._checkout(content, token, deadline)
        except PaymentUnauthorised as refusal:
            if not self._can_renew(deadline):
                raise
            return self._checkout_again(content, self._renewed(token, refusal), deadline)

    def register_ipn(self, url: str) -> str:  # noqa: ARG002 (the call that every provider has)
        """AzamPay has no such call. Raises UnsupportedOperation."""
        raise UnsupportedOperation(
            "AzamPay registers callback URLs by hand: in the app's settings for the sandbox, "
            "through AzamPay's customer care for production"
        )

    def get_payment_status(self, transaction_id: str, network: str) -> CallbackOutcome | None:
        """Ask how a payment stands; None without a clear answer, or where nothing is configured."""
        path = self._config.status_path
        if not path:
            return None
        query = status_query(transaction_id, network)
        try:
            url = self._config.checkout(path)
            return read_status(self._fetch(url, Operation.STATUS, query))
        except (AuthenticationError, NeverSent, NoAnswer):
            return None

    def get_public_key(self) -> str:
        """Fetch the PEM key of callback signatures from the first URL that has one.

        Raises PublicKeyError that says what each URL answered.
        """
        failures = []
        for url in self._config.key_urls():
            try:
                return answers.read_public_key(self._fetch(url, Operation.PUBLIC_KEY))
            except (PublicKeyError, AuthenticationError, NeverSent, NoAnswer) as error:
                failures.append(f"{url}: {error}")
        raise PublicKeyError("; ".join(failures) or "no public key URL is configured")

    def handle_callback(self, body: bytes, public_key: str | None) -> HandledCallback:
        """Parse and verify a raw callback.

        A signature says who sent the four signed fields, and nothing of amount and phone: compare
        these with what was asked for. Raises CallbackError, or PublicKeyError for an unusable key.
        """
        callback = self.parse_callback(body)
        return HandledCallback(self.verify_callback(callback, public_key), callback)

    def _checkout(self, content: bytes, token: AccessToken, deadline: float) -> CheckoutAccepted:
        try:
            answer = self._retry.call(lambda: self._post_checkout(content, token, deadline))
        except NeverSent as error:
            raise PaymentNotSent(f"AzamPay cannot be reached ({error})") from error
        except NoAnswer as error:
            raise PaymentOutcomeUnknown(f"no clear answer ({error})") from error
        return answers.read_checkout(answer, secrets=(token.value, token.api_key or ""))

    def _checkout_again(
        self, content: bytes, renewed: AccessToken, deadline: float
    ) -> CheckoutAccepted:
        try:
            return self._checkout(content, renewed, deadline)
        except PaymentUnauthorised:
            # Not at the last moment: what the payment came to must still be written down.
            if self._can_renew(deadline):
                self._tokens.was_in_vain(renewed)
            raise

    def _can_renew(self, deadline: float) -> bool:
        return deadline - self._monotonic() >= self._share(_SECONDS_TO_RENEW, 0.4)

    def _post_checkout(self, content: bytes, token: AccessToken, deadline: float) -> HttpAnswer:
        left = deadline - self._monotonic()
        if left < self._share(_LEAST_SECONDS, 0.2):
            raise NeverSent("no time was left to wait for an answer")
        return self._http.send(
            "POST",
            self._config.checkout(CHECKOUT_PATH),
            timeouts=self._config.checkout_timeouts.within(left),
            headers={"Content-Type": _JSON, **_authorization(token)},
            content=content,
            operation=Operation.CHECKOUT,
        )

    def _share(self, seconds: float, share: float) -> float:
        # Whoever configures less patience than we do still gets a request sent.
        return min(seconds, self._config.checkout_timeouts.total * share)

    def _fetch(
        self, url: str, operation: Operation, query: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        token = self._tokens.token()
        answer = self._get(url, operation, query, token)
        if answer.status in answers.TOKEN_REFUSED:
            return self._get(url, operation, query, self._renewed_for(answer, token))
        return answer

    def _get(
        self, url: str, operation: Operation, query: Mapping[str, str] | None, token: AccessToken
    ) -> HttpAnswer:
        return self._retry.call(
            lambda: self._http.send(
                "GET",
                url,
                timeouts=self._config.timeouts,
                headers=_authorization(token),
                params=query,
                operation=operation,
            )
        )

    def _token(self) -> AccessToken:
        try:
            return self._tokens.token()
        except AuthenticationError as error:
            raise _not_sent(error) from error

    def _renewed(self, refused: AccessToken, refusal: PaymentUnauthorised) -> AccessToken:
        try:
            return self._tokens.renew(refused)
        except AuthenticationError as error:
            raise _not_sent(error, refusal) from error

    def _renewed_for(self, answer: HttpAnswer, refused: AccessToken) -> AccessToken:
        try:
            return self._tokens.renew(refused)
        except AuthenticationError as error:
            raise AuthenticationError(f"HTTP {answer.status} ({error.reason})") from error


def _authorization(token: AccessToken) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token.value}"}
    if token.api_key:
        headers["X-API-Key"] = token.api_key
    return headers


def _not_sent(
    error: AuthenticationError, refusal: PaymentUnauthorised | None = None
) -> PaymentNotSent:
    # What the authenticator said, if it was asked; else how the checkout was turned away.
    said = error if refusal is None or error.status_code is not None else refusal
    return PaymentNotSent(
        f"no token ({error})",
        status_code=said.status_code,
        provider_message=said.provider_message,
        trace_id=said.trace_id,
    )
