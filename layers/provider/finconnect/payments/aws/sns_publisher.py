"""Events to SNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.payments.errors import PublishFailed
from finconnect.payments.model import Event

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef


class SnsPublisher:
    """Publishes an event's envelope, with the attributes that filter policies need."""

    def __init__(self, client: SNSClient, topic: str) -> None:
        self._client = client
        self._topic = topic

    def publish(self, event: Event) -> None:
        """Publish an event. Raises PublishFailed."""
        attributes = {
            "type": str(event.type),
            "provider": event.key.provider,
            "network": event.network,
            "status": event.status,
        }
        try:
            self._client.publish(
                TopicArn=self._topic,
                Message=event.envelope,
                MessageAttributes={name: _text(value) for name, value in attributes.items()},
            )
        except ClientError as error:
            raise PublishFailed(error.response.get("Error", {}).get("Code", "")) from error
        except BotoCoreError as error:
            raise PublishFailed(type(error).__name__) from error


def _text(value: str) -> MessageAttributeValueTypeDef:
    return {"DataType": "String", "StringValue": value}
