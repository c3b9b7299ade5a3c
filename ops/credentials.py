"""Replace AzamPay's credentials: tried first, put into use only if AzamPay gives a token for them.

Secrets Manager keeps each version under labels. The new credentials are stored as AWSPENDING, which
nobody uses; token_refresh is asked to try this very version; only then does it become AWSCURRENT,
and the old one AWSPREVIOUS. So the credentials in use are good at every moment, and payments go on
with the token that they have.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from finconnect.payments.aws.stores import IN_USE, ON_TRIAL, PLACEHOLDER
from finconnect.payments.refreshed import Trial
from finconnect.strict_json import decode_object
from ops.stack import Stack, StackError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

REQUIRED: Final = ("appName", "clientId", "clientSecret")
OPTIONAL: Final = ("apiKey",)
PREVIOUS: Final = "AWSPREVIOUS"


def replace_credentials(stack: Stack, file: str) -> Iterator[str]:
    """Put the credentials in a file into use (``-``: standard input), if AzamPay takes them.

    Raises StackError; the credentials in use are then those of before.
    """
    credentials = read_credentials(file)
    secret = _Secret(stack)
    secret.put_on_trial(credentials)
    yield from _try_and_promote(stack, secret)
    if file != "-":
        yield f"delete {file} now"


def restore_credentials(stack: Stack) -> Iterator[str]:
    """Put the credentials of before the last replacement into use again, if AzamPay takes them."""
    secret = _Secret(stack)
    secret.put_previous_on_trial()
    yield from _try_and_promote(stack, secret)


def read_credentials(file: str) -> dict[str, str]:
    """Read and check credentials. Raises StackError that names what is wrong, never a value."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        values = decode_object(text.encode())
    except OSError as error:
        raise StackError(f"{file} cannot be read ({type(error).__name__})") from error
    except ValueError as error:
        wanted = ", ".join(REQUIRED)
        raise StackError(f"{file} must hold a JSON object with {wanted} ({error})") from error
    faults = [f"{name} is missing" for name in REQUIRED if name not in values]
    faults += [f"{name!r} is not known" for name in values if name not in REQUIRED + OPTIONAL]
    faults += [f"{name} {fault}" for name, value in values.items() if (fault := _fault(value))]
    if faults:
        raise StackError(f"{file}: {'; '.join(faults)}. Nothing was changed")
    return {name: value.strip() for name, value in values.items()}


def _fault(value: object) -> str:
    if not isinstance(value, str):
        return "must be a text"
    if value.strip() in ("", "...", PLACEHOLDER):
        return "is still a placeholder"
    return ""


class _Secret:
    """The credentials secret, and what is on trial in it."""

    def __init__(self, stack: Stack) -> None:
        self._client: SecretsManagerClient = boto3.client("secretsmanager")
        self._id = stack.output("CredentialsSecretName")
        self.trial = ""

    def put_on_trial(self, credentials: dict[str, str]) -> None:
        """Store new credentials where nobody uses them yet."""
        # Where a trial was broken off, this takes the label from it.
        answer = self._client.put_secret_value(
            SecretId=self._id, SecretString=json.dumps(credentials), VersionStages=[ON_TRIAL]
        )
        self.trial = answer["VersionId"]

    def put_previous_on_trial(self) -> None:
        """Try those of before. Raises StackError if there are none."""
        previous = self._version(PREVIOUS)
        if not previous:
            raise StackError("there are no previous credentials to go back to")
        # A trial that was broken off has the label still.
        if broken_off := self._version(ON_TRIAL):
            self._label(ON_TRIAL, away=broken_off)
        self._label(ON_TRIAL, to=previous)
        self.trial = previous

    def promote(self) -> None:
        """Put what was tried into use; what was in use becomes the previous one.

        Raises StackError if somebody else has put others on trial meanwhile.
        """
        if self._version(ON_TRIAL) != self.trial:
            raise StackError(
                "the old credentials stay in use: somebody else is replacing them at the same "
                "time. Settle whose are to be used, then run this again"
            )
        self._label(IN_USE, to=self.trial, away=self._version(IN_USE))
        self.end_trial()

    def end_trial(self) -> None:
        """Take the label off: a version without one is never used and soon deleted."""
        if self._version(ON_TRIAL) == self.trial:
            self._label(ON_TRIAL, away=self.trial)

    def _version(self, label: str) -> str:
        versions = self._client.describe_secret(SecretId=self._id).get("VersionIdsToStages", {})
        return next((version for version, labels in versions.items() if label in labels), "")

    def _label(self, label: str, *, to: str = "", away: str = "") -> None:
        move: dict[str, Any] = {"MoveToVersionId": to} if to else {}
        if away:
            move["RemoveFromVersionId"] = away
        self._client.update_secret_version_stage(SecretId=self._id, VersionStage=label, **move)


def _try_and_promote(stack: Stack, secret: _Secret) -> Iterator[str]:
    answer = _tried(stack, secret)
    # A release that is older than trials refreshes the token in use, and says so in other words.
    if answer.get("trial") != Trial.TAKEN or answer.get("version") != secret.trial:
        secret.end_trial()
        reason = answer.get("reason") or "this stack's token_refresh cannot try them: deploy first"
        raise StackError(f"the old credentials stay in use: AzamPay gave no token ({reason})")
    secret.promote()
    yield "AzamPay gave a token for them, and payments use it from now on"
    yield "they are in use; those of before are kept: `rotate credentials --back` returns to them"


def _tried(stack: Stack, secret: _Secret) -> dict[str, Any]:
    request = {"try_credentials": secret.trial}
    try:
        return stack.ask(stack.output("TokenRefreshFunctionName"), request)
    except StackError:
        secret.end_trial()
        raise
    except (BotoCoreError, ClientError) as error:
        # It may be running still. The label stays where it is: the next run takes it.
        raise StackError(
            f"token_refresh gave no answer ({error}). The old credentials stay in use; the others "
            f"lie beside them as {ON_TRIAL}, which nobody uses. Run this again"
        ) from error
