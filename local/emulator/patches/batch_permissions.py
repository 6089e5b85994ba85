"""IAM: a batch of messages needs the permission for one.

Fault: core/iam_actions.py asks for sqs:SendMessageBatch, sqs:DeleteMessageBatch and so on.
AWS: has no such permissions; a batch is checked as sqs:SendMessage and so on.
Without it: with AUTH=true every batch is denied, to roles that may send them on AWS.
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions

_BATCHES = ("sqs:SendMessageBatch", "sqs:DeleteMessageBatch", "sqs:ChangeMessageVisibilityBatch")


def _single(original: Callable[..., str | None]) -> Callable[..., str | None]:
    def extract(*request: Any, **more: Any) -> str | None:
        action = original(*request, **more)
        return action.removesuffix("Batch") if action in _BATCHES else action

    return extract


def apply() -> None:
    iam_actions.extract_iam_action = _single(iam_actions.extract_iam_action)
