"""The queue of callbacks that wait to be verified, in SQS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.clock import Clock, utc_now
from finconnect.payments.deferred import Deferred, delay_after
from finconnect.payments.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsDeferredCallbacks:
    """Keeps callbacks in SQS, and spaces out the tries to verify them."""

    def __init__(
        self,
        client: SQSClient,
        queue_url: str,
        delays: Sequence[int],
        clock: Clock = utc_now,
    ) -> None:
        """``delays`` are the seconds before each try."""
        self._client = client
        self._queue_url = queue_url
        self._delays = delays
        self._clock = clock

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

    def postpone(self, receipt_handle: str, *, received: int, sent_at: datetime) -> None:
        """Let a message wait for its next try: it was received so often, and sent at that time.

        Raises StoreUnavailable; the queue then gives it again after its own time-out.
        """
        age = (self._clock() - sent_at).total_seconds()
        try:
            self._client.change_message_visibility(
                QueueUrl=self._queue_url,
                ReceiptHandle=receipt_handle,
                VisibilityTimeout=delay_after(received, age, self._delays),
            )
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable("the callback queue cannot be written") from error
