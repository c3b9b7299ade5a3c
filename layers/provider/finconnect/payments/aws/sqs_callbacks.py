"""The queue of callbacks that wait to be verified, in SQS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.payments.deferred import Deferred, delay_after
from finconnect.payments.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsDeferredCallbacks:
    """Keeps callbacks in SQS, and spaces out the tries to verify them."""

    def __init__(self, client: SQSClient, queue_url: str, delays: Sequence[int]) -> None:
        """``delays`` are the seconds before each try."""
        self._client = client
        self._queue_url = queue_url
        self._delays = delays

    def put(self, deferred: Deferred) -> None:
        """Keep a callback for a later try. Raises StoreUnavailable."""
        try:
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=deferred.to_json(),
                DelaySeconds=self._delays[0],
            )
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable("the callback queue cannot be written") from error

    def postpone(self, receipt_handle: str, receive_count: int) -> None:
        """Let a message that was received ``receive_count`` times wait for its next try.

        Raises StoreUnavailable; the queue then gives it again after its own time-out.
        """
        try:
            self._client.change_message_visibility(
                QueueUrl=self._queue_url,
                ReceiptHandle=receipt_handle,
                VisibilityTimeout=delay_after(receive_count, self._delays),
            )
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable("the callback queue cannot be written") from error
