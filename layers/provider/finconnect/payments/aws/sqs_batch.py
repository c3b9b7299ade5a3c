"""A batch of waiting callbacks: each on its own, and the next try of a failed one postponed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from finconnect.payments.correlation import correlate
from finconnect.payments.deferred import Deferred, RecordDeferredCallback
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.telemetry import Fact, Telemetry

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from finconnect.payments.aws.sqs_callbacks import SqsDeferredCallbacks


class DeferredBatch(BatchProcessor):
    """Verifies and records each message; what fails stays in the queue, for its delay."""

    def __init__(
        self,
        record_deferred: RecordDeferredCallback,
        queue: SqsDeferredCallbacks,
        telemetry: Telemetry,
    ) -> None:
        super().__init__(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        self._record_deferred = record_deferred
        self._queue = queue
        self._telemetry = telemetry

    def run(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Handle a batch, and name the messages that the queue must keep."""
        return process_partial_response(
            event=event, record_handler=self._handle, processor=self, context=context
        )

    def failure_handler(self, record: SQSRecord, exception: Any) -> Any:  # noqa: ANN401 (Powertools' own signature)
        """Postpone a message that could not be handled. Called by Powertools."""
        self._telemetry.tell(
            Fact.MESSAGE_FAILED,
            message_id=record.message_id,
            received=record.attributes.approximate_receive_count,
            error=exception[0].__name__,
        )
        try:
            attributes = record.attributes
            self._queue.postpone(
                record.receipt_handle,
                received=int(attributes.approximate_receive_count),
                sent_at=datetime.fromtimestamp(int(attributes.sent_timestamp) / 1000, UTC),
            )
        except StoreUnavailable as error:
            # The queue then gives it again after its own time-out: sooner or later, but it does.
            self._telemetry.tell(Fact.MESSAGE_FAILED, reason=str(error))
        return super().failure_handler(record, exception)

    def _handle(self, record: SQSRecord) -> None:
        correlate(payment=None, trace=None)  # those of the message before
        deferred = Deferred.from_json(record.body)
        correlate(trace=deferred.trace)
        self._record_deferred(deferred)
