"""A queue of things to do on SQS."""

from typing import Any

from touchline.adapters.aws_errors import as_our_errors


class SqsJobs:
    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, text: str) -> None:
        with as_our_errors("The queue"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=text)

    def hide(self, receipt: str, seconds: int) -> None:
        """Nobody else gets the message for so long."""
        with as_our_errors("The queue"):
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
