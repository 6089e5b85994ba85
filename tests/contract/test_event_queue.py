"""The events queue: one contract for memory and SQS."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from touchline.adapters.memory.queue import MemoryEventQueue
from touchline.adapters.packing import read_message
from touchline.adapters.sqs import BATCH_BYTES, SqsEventQueue, SqsRedelivery, send_messages
from touchline.errors import StoreUnavailable
from touchline.ports import EventQueue, PackedBatch


@pytest.fixture
def sqs() -> Iterator[tuple[Any, str]]:
    with mock_aws():
        client = boto3.client("sqs")
        yield client, client.create_queue(QueueName="events")["QueueUrl"]


@pytest.fixture(params=["memory", "sqs"])
def queue(request: pytest.FixtureRequest, sqs: tuple[Any, str]) -> EventQueue:
    return MemoryEventQueue() if request.param == "memory" else SqsEventQueue(*sqs)


def batch(number: int) -> PackedBatch:
    return PackedBatch("acme", 1, 0, number, b"frame %d" % number)


def test_what_was_sent_is_waiting(queue: EventQueue) -> None:
    queue.send([])
    assert queue.depth() == 0
    queue.send([batch(number) for number in range(23)])
    assert queue.depth() == 23


def test_large_messages_are_sent_in_calls_below_the_limit(sqs: tuple[Any, str]) -> None:
    queue = SqsEventQueue(*sqs)
    queue.send([PackedBatch("acme", 1, 0, number, bytes(190_000)) for number in range(5)])
    assert queue.depth() == 5


def test_a_message_that_was_not_taken_is_told() -> None:
    class Refusing:
        def send_message_batch(self, **_: Any) -> dict[str, Any]:
            return {"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError"}]}

    with pytest.raises(StoreUnavailable, match="InternalError"):
        SqsEventQueue(Refusing(), "url").send([batch(1)])


def test_a_postponed_message_comes_again_and_one_set_aside_keeps_its_reason(sqs: tuple[Any, str]) -> None:
    client, url = sqs
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    redelivery = SqsRedelivery(client, url, dead)
    SqsEventQueue(client, url).send([batch(1)])
    [message] = client.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in client.receive_message(QueueUrl=url)
    redelivery.postpone(message["ReceiptHandle"], 0)
    assert len(client.receive_message(QueueUrl=url)["Messages"]) == 1
    redelivery.set_aside("text", "not ours")
    [kept] = client.receive_message(QueueUrl=dead, MessageAttributeNames=["All"])["Messages"]
    assert (kept["Body"], kept["MessageAttributes"]["reason"]["StringValue"]) == ("text", "not ours")


class Taking:
    """Notes what it is sent, for moto takes less than SQS does."""

    def __init__(self) -> None:
        self.sent: dict[str, Any] = {}

    def send_message(self, **message: Any) -> None:
        self.sent = message


@pytest.mark.parametrize(("room", "told"), [(0, False), (211, False), (212, True)])
def test_poison_that_fills_its_message_is_set_aside_without_its_reason(room: int, *, told: bool) -> None:
    client, text = Taking(), "x" * (1024 * 1024 - room)
    SqsRedelivery(client, "queue", "dead").set_aside(text, "r" * 900)
    assert client.sent["MessageBody"] == text
    assert client.sent["MessageAttributes"] == (
        {"reason": {"DataType": "String", "StringValue": "r" * 200}} if told else {}
    )


def test_a_damaged_message_cannot_be_mistaken(sqs: tuple[Any, str]) -> None:
    client, url = sqs
    SqsEventQueue(client, url).send([batch(7)])
    [message] = client.receive_message(QueueUrl=url)["Messages"]
    assert '"received_at":7' in message["Body"]
    with pytest.raises(Exception, match="frame"):
        read_message(message["Body"])


def test_calls_are_measured_in_bytes() -> None:
    """Ids may be of letters that have four bytes each."""
    sizes: list[int] = []

    class Client:
        def send_message_batch(self, **arguments: Any) -> dict[str, Any]:
            sizes.append(sum(len(entry["MessageBody"].encode()) for entry in arguments["Entries"]))
            return {}

    send_messages(Client(), "url", ["\N{GRINNING FACE}" * 100_000] * 6, "The queue")
    assert sum(sizes) == 6 * 400_000
    assert max(sizes) <= BATCH_BYTES
