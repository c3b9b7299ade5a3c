"""Tokens, credentials, keys and the webhook secret: Secrets Manager and Parameter Store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.clock import from_iso, to_iso
from finconnect.errors import AuthenticationError
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.refresh_key import KeyRing
from finconnect.providers.base import AccessToken

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

PLACEHOLDER: Final = "REPLACE_ME"
"""What the template puts where the credentials belong."""
IN_USE: Final = "AWSCURRENT"
ON_TRIAL: Final = "AWSPENDING"
"""Secrets Manager's own label for a version that is not in use yet."""


class SecretsManagerTokenStore:
    """The stack's token, as the token secret holds it."""

    def __init__(self, client: SecretsManagerClient, secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id

    def read(self) -> AccessToken | None:
        """The stored token, or None before the first. Raises StoreUnavailable."""
        values = read_secret(self._client, self._secret_id)
        try:
            return AccessToken(
                value=values["access_token"],
                obtained_at=from_iso(values["obtained_at"]),
                expires_at=from_iso(values["expires_at"]),
                api_key=values.get("api_key"),
            )
        except (KeyError, TypeError, ValueError):
            return None  # what cannot be read, edited by hand perhaps, is replaced like no token

    def write(self, token: AccessToken) -> None:
        """Replace the stored token. Raises StoreUnavailable."""
        values = {
            "access_token": token.value,
            "obtained_at": to_iso(token.obtained_at),
            "expires_at": to_iso(token.expires_at),
        }
        if token.api_key:
            values["api_key"] = token.api_key
        with _store_errors("the token secret cannot be written"):
            self._client.put_secret_value(SecretId=self._secret_id, SecretString=json.dumps(values))


class SecretsManagerCredentials:
    """The provider's credentials, which only token_refresh may read."""

    def __init__(self, client: SecretsManagerClient, secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id

    def read(self, version: str | None = None) -> Mapping[str, str]:
        """The credentials: appName, clientId, clientSecret and, where AzamPay gave one, apiKey.

        ``version`` is the id of those to be tried; without one, those in use. Raises
        AuthenticationError that says what to do while they are not in, StoreUnavailable.
        """
        values = read_secret(self._client, self._secret_id, version)
        wanted = ("appName", "clientId", "clientSecret")
        missing = [name for name in wanted if values.get(name) in (None, "", PLACEHOLDER)]
        if missing:
            raise AuthenticationError(
                f"the credentials are not in yet ({', '.join(missing)}): put them in with "
                f"aws secretsmanager put-secret-value --secret-id {self._secret_id} "
                "--secret-string file://credentials.json"
            )
        # Pasted credentials come with spaces and newlines, and then AzamPay answers an opaque 423.
        return {
            name: str(value).strip()
            for name, value in values.items()
            if value and value != PLACEHOLDER
        }


class ParameterStoreKeys:
    """The provider's public keys, as the key parameter holds them."""

    def __init__(self, client: SSMClient, name: str) -> None:
        self._client = client
        self._name = name

    def read(self) -> KeyRing:
        """The stored keys, an empty ring before the first. Raises StoreUnavailable."""
        with _store_errors("the key parameter cannot be read"):
            answer = self._client.get_parameter(Name=self._name)
            values = json.loads(answer["Parameter"]["Value"])
        return KeyRing(
            current=values.get("current"),
            previous=values.get("previous"),
            fetched_at=_time(values.get("fetched_at")),
            replaced_at=_time(values.get("replaced_at")),
        )

    def write(self, ring: KeyRing) -> None:
        """Replace the stored keys. Raises StoreUnavailable."""
        values = {
            "current": ring.current,
            "previous": ring.previous,
            "fetched_at": to_iso(ring.fetched_at) if ring.fetched_at else None,
            "replaced_at": to_iso(ring.replaced_at) if ring.replaced_at else None,
        }
        with _store_errors("the key parameter cannot be written"):
            self._client.put_parameter(
                Name=self._name, Value=json.dumps(values), Type="String", Overwrite=True
            )


def _time(text: str | None) -> datetime | None:
    try:
        return from_iso(text) if text else None
    except ValueError:
        return None  # as if it had never been: the key is then fetched anew


def read_secret(
    client: SecretsManagerClient, secret_id: str, version: str | None = None
) -> dict[str, Any]:
    """Read a secret that is a JSON object: what is in use, or the version with this id.

    Raises StoreUnavailable; the value is never quoted.
    """
    with _store_errors("a secret cannot be read"):
        answer = (
            client.get_secret_value(SecretId=secret_id, VersionStage=IN_USE)
            if version is None
            else client.get_secret_value(SecretId=secret_id, VersionId=version)
        )
        values = json.loads(answer["SecretString"])
    if not isinstance(values, dict):
        raise StoreUnavailable("a secret is not a JSON object")
    return values


@contextmanager
def _store_errors(what: str) -> Iterator[None]:
    """The one place where errors of the secret and parameter stores become ours."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise StoreUnavailable(f"{what} ({code})") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"{what} ({type(error).__name__})") from error
    except ValueError:
        # Not chained: the text of a JSON error can hold what it could not read.
        raise StoreUnavailable(f"{what} (not JSON)") from None
