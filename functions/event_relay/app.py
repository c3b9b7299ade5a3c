"""Lambda: the outbox, from the table's stream to SNS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from finconnect.composition.event_relay import build
from finconnect.payments.aws.items import read_event
from finconnect.payments.aws.powertools import counted, logger
from finconnect.payments.settings import EventRelaySettings, read_settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

relay = build(read_settings(EventRelaySettings))
processor = BatchProcessor(
    event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False
)


def publish(record: DynamoDBRecord) -> None:
    """Publish the event of one stream record. What fails is given again, and alone."""
    relay(read_event(record.raw_event["dynamodb"]["NewImage"]))


@logger.inject_lambda_context
@counted
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Publish a batch, and name the records that were not published."""
    return process_partial_response(
        event=event, record_handler=publish, processor=processor, context=context
    )
