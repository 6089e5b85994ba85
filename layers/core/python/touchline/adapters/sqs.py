"""Queues on SQS. Sent means stored: SQS answers when a message is on several servers."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.packing import write_message
from touchline.domain.limits import MIB
from touchline.errors import StoreUnavailable
from touchline.ports import PackedBatch

BATCH_MESSAGES: Final = 10  # SQS takes at most ten messages, and at most 1 MiB, in one call
BATCH_BYTES: Final = 1 * MIB
MESSAGE_BYTES: Final = 1 * MIB
REASON_CHARS: Final = 200
REASON_TYPE: Final = "String"
STORE: Final = "The events queue"


class SqsEventQueue:
    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, batches: Sequence[PackedBatch]) -> None:
        send_messages(self._client, self._queue_url, [write_message(batch) for batch in batches], STORE)

    def depth(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with as_our_errors(STORE):
            answer = self._client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)


class SqsRedelivery:
    def __init__(self, client: Any, queue_url: str, dead_letters_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._dead_letters_url = dead_letters_url

    def postpone(self, receipt: str, seconds: int) -> None:
        with as_our_errors(STORE):
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )

    def set_aside(self, text: str, reason: str) -> None:
        attributes = _reason_beside(text, reason[:REASON_CHARS])
        with as_our_errors("The dead letters"):
            self._client.send_message(QueueUrl=self._dead_letters_url, MessageBody=text, MessageAttributes=attributes)


def send_messages(client: Any, queue_url: str, messages: Sequence[str], store: str, **more: Any) -> None:
    """In as few calls as SQS allows; `more` is said of each message. Raises StoreUnavailable: some may be sent then."""
    for call in _in_calls(messages):
        entries = [{"Id": str(number), "MessageBody": message, **more} for number, message in enumerate(call)]
        with as_our_errors(store):
            answer = client.send_message_batch(QueueUrl=queue_url, Entries=entries)
        failed = answer.get("Failed", [])
        if failed:
            codes = ", ".join(sorted({failure.get("Code", "unknown") for failure in failed}))
            raise StoreUnavailable(f"{store} did not take {len(failed)} of {len(call)} messages: {codes}.")


def _reason_beside(text: str, reason: str) -> dict[str, Any]:
    """Empty where there is no room: SQS counts name, type and value of an attribute with the message."""
    size = sum(len(part.encode()) for part in (text, "reason", REASON_TYPE, reason))
    return {} if size > MESSAGE_BYTES else {"reason": {"DataType": REASON_TYPE, "StringValue": reason}}


def _in_calls(messages: Sequence[str]) -> Iterator[list[str]]:
    call: list[str] = []
    size = 0
    for message in messages:
        more = len(message.encode())
        if call and (len(call) == BATCH_MESSAGES or size + more > BATCH_BYTES):
            yield call
            call, size = [], 0
        call.append(message)
        size += more
    if call:
        yield call
