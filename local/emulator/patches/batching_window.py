"""SQS event source mappings: the batching window, and batches that fit Lambda's payload.

Fault: services/lambda_svc.py `_poll_sqs` takes whatever is there at once (MaximumBatchingWindowInSeconds is stored and
never read), and ten messages of 900 KB in one batch.
AWS: waits until the window has passed, the batch is full, or 6 MB are together, whichever is first.
Without it: one invocation for each message, many small archive objects and bulk requests; and invocations on AWS that
are smaller than those that were tested here.
"""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from ministack.services import lambda_svc, sqs

# Lambda's 6 MB less what an event has around and inside each body.
BATCH_BYTES = 6 * 1024 * 1024 - 64 * 1024
_MESSAGE_OVERHEAD = 1024

_timers: set[str] = set()  # mappings for which the poller will be woken


def _sizes(messages: list[dict[str, Any]]) -> Iterator[int]:
    for message in messages:
        yield len(message["body"]) + _MESSAGE_OVERHEAD


def fitting(messages: list[dict[str, Any]], limit: int) -> int:
    """How many of the first messages make a batch; at least one."""
    total = 0
    for taken, size in enumerate(islice(_sizes(messages), limit)):
        total += size
        if total > BATCH_BYTES:
            return max(1, taken)
    return limit


def seconds_to_wait(messages: list[dict[str, Any]], now: float, window: float, batch: int) -> float:
    """0: invoke now."""
    if not messages or len(messages) >= batch or fitting(messages, batch) < len(messages):
        return 0
    oldest: float = min(max(message["sent_at"], message["visible_at"]) for message in messages)
    return max(0.0, oldest + window - now)


def _visible(queue: dict[str, Any], now: float) -> list[dict[str, Any]]:
    return [message for message in list(queue["messages"]) if message["visible_at"] <= now]


def _wake(mapping: str) -> None:
    _timers.discard(mapping)
    lambda_svc._esm_wake.set()


def _wake_at(mapping: str, moment: float) -> None:
    if mapping in _timers:
        return
    _timers.add(mapping)
    timer = threading.Timer(moment - time.time(), _wake, (mapping,))
    timer.daemon = True
    timer.start()


def _ready(mapping: dict[str, Any]) -> bool:
    window = mapping.get("MaximumBatchingWindowInSeconds") or 0
    if not window or ":sqs:" not in mapping.get("EventSourceArn", ""):
        return True
    queue = sqs._queue_by_arn(mapping["EventSourceArn"])
    if queue is None:
        return True
    now = time.time()
    wait = seconds_to_wait(_visible(queue, now), now, window, mapping.get("BatchSize", 10))
    if wait > 0:
        _wake_at(mapping["UUID"], now + wait)
    return wait <= 0


def _waiting(original: Callable[[], Iterator[Any]]) -> Callable[[], Iterator[Any]]:
    def iterate() -> Iterator[Any]:
        for account, region, mapping in original():
            if _ready(mapping):
                yield account, region, mapping

    return iterate


def _limited(receive: Callable[[str, int], Any]) -> Callable[[str, int], Any]:
    def receive_batch(queue_url: str, limit: int) -> Any:
        return receive(queue_url, fitting(_visible(sqs._get_q(queue_url), time.time()), limit))

    return receive_batch


def apply() -> None:
    lambda_svc._iter_all_esms = _waiting(lambda_svc._iter_all_esms)
    sqs._receive_messages_for_esm = _limited(sqs._receive_messages_for_esm)
