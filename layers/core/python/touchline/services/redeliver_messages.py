"""What becomes of queue messages that could not be worked on: the hopeless are set aside, the others come again later.

A store that is away for an hour must not turn a day's messages into dead letters, and a message that is not ours must
not be tried for hours.
"""

from collections.abc import Iterable
from typing import Final, Protocol

from touchline.errors import StoreUnavailable, TouchlineError
from touchline.ports import Redelivery
from touchline.services.index_batches import QueueMessage

FIRST_PAUSE_SECONDS: Final = 5
LONGEST_PAUSE_SECONDS: Final = 900


class WorkedOn(Protocol):
    """What became of an invocation's messages, by id."""

    returned: dict[str, str]  # why they must come again
    poisoned: dict[str, str]  # why they never can be worked on


def redeliver_messages(messages: Iterable[QueueMessage], done: WorkedOn, redelivery: Redelivery) -> dict[str, str]:
    """The messages that the queue must keep, each with its reason."""
    kept = dict(done.returned)
    for message in messages:
        if message.id in done.poisoned:
            reason = done.poisoned[message.id]
            try:
                redelivery.set_aside(message.text, reason)
            except StoreUnavailable as error:
                kept[message.id] = f"{reason} ({error})"
        if message.id in kept:
            _postpone(message, redelivery)
    return kept


def reason_of(error: Exception) -> str:
    """What may be logged: of what nobody foresaw the kind alone, for its text may quote personal data."""
    return str(error) if isinstance(error, TouchlineError) else f"{type(error).__name__} was not expected."


def pause_seconds(receives: int) -> int:
    """Doubled with each delivery: a short trouble costs seconds, a long one few calls."""
    return min(FIRST_PAUSE_SECONDS << min(receives - 1, 10), LONGEST_PAUSE_SECONDS)


def _postpone(message: QueueMessage, redelivery: Redelivery) -> None:
    try:
        redelivery.postpone(message.receipt, pause_seconds(message.receives))
    except StoreUnavailable:
        return  # it comes again all the same, when its visibility time-out ends
