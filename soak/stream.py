"""Lambda's part between the table's stream and event_relay, played by this program.

The emulator's own mapping takes a batch for done whatever ``batchItemFailures`` says, so under
faults it would lose events that AWS gives again. This does as AWS does: from the first failed
record on, the batch comes again.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from local.stack import LocalStack

BATCH = 10
PAUSE_SECONDS = 0.3
EVENTS = "EVENT#"

type Record = dict[str, Any]


class RelayPump:
    """Reads the stream and invokes event_relay, in a thread, until it is told to stop."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._streams: Any = stack.aws.client("dynamodbstreams")
        self._function = stack.physical_id("EventRelayFunction")
        self._waiting: list[Record] = []
        self._stop = threading.Event()
        self._idle_since_read = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay-pump", daemon=True)
        self.given_again = 0

    def start(self) -> None:
        """Switches the emulator's own mapping off, and takes its place."""
        client = self._stack.aws.lambda_
        for mapping in client.list_event_source_mappings(FunctionName=self._function)[
            "EventSourceMappings"
        ]:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        self._thread.start()

    def drain_and_stop(self) -> None:
        """Returns when all that the stream holds by now is published."""
        for _ in range(2):  # the first reading may have begun before now
            self._idle_since_read.clear()
            self._idle_since_read.wait()
        self._stop.set()
        self._thread.join()

    def abandon(self) -> None:
        """Stops at once, whatever waits."""
        self._stop.set()

    def _run(self) -> None:
        iterator = self._first_iterator()
        while not self._stop.is_set():
            answer = self._streams.get_records(ShardIterator=iterator, Limit=1000)
            iterator = answer["NextShardIterator"]
            self._waiting += [_as_lambda_gives(each) for each in answer["Records"] if _is_new(each)]
            while self._waiting and not self._stop.is_set():
                self._give()
            self._idle_since_read.set()
            self._stop.wait(PAUSE_SECONDS)

    def _give(self) -> None:
        batch = self._waiting[:BATCH]
        done = self._published(batch)
        self._waiting = self._waiting[done:]
        if done < len(batch):
            self.given_again += len(batch) - done
            self._stop.wait(PAUSE_SECONDS)

    def _published(self, batch: Sequence[Record]) -> int:
        """How many of the batch need not come again."""
        answer = self._stack.aws.lambda_.invoke(
            FunctionName=self._function, Payload=json.dumps({"Records": batch}).encode()
        )
        body = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            return 0
        failed = {each["itemIdentifier"] for each in body["batchItemFailures"]}
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        return next((i for i, number in enumerate(numbers) if number in failed), len(batch))

    def _first_iterator(self) -> str:
        table = self._stack.outputs.table_name
        (stream,) = self._streams.list_streams(TableName=table)["Streams"]
        description = self._streams.describe_stream(StreamArn=stream["StreamArn"])
        (shard,) = description["StreamDescription"]["Shards"]
        iterator = self._streams.get_shard_iterator(
            StreamArn=stream["StreamArn"],
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )
        return str(iterator["ShardIterator"])


def _is_new(record: Mapping[str, Any]) -> bool:
    """What the template's filter lets through: new outbox items."""
    sort_key = str(record["dynamodb"]["Keys"]["sk"]["S"])
    return sort_key.startswith(EVENTS) and bool(record["eventName"] == "INSERT")


def _as_lambda_gives(record: Mapping[str, Any]) -> Record:
    created = record["dynamodb"]["ApproximateCreationDateTime"].timestamp()
    change = {**record["dynamodb"], "ApproximateCreationDateTime": created}
    return {**record, "eventSource": "aws:dynamodb", "dynamodb": change}
