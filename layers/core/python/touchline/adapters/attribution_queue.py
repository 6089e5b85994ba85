"""The attribution queue on SQS: whose conversions are to be computed anew."""

from collections.abc import Iterator
from itertools import batched
from typing import Any, Final

import orjson

from touchline.adapters.sqs import send_messages
from touchline.errors import PoisonMessage
from touchline.ports import ChangedPeople

VERSION: Final = 1
STORE: Final = "The attribution queue"
# Worked on together. Ids have at most 128 characters, so that a message is far below what SQS takes.
ACTORS_A_MESSAGE: Final = 500
MOST_SECONDS: Final = 900  # that SQS delays a message


class SqsAttributionQueue:
    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, changed: ChangedPeople, *, seconds: int | None = None) -> None:
        delay = {} if seconds is None else {"DelaySeconds": min(seconds, MOST_SECONDS)}
        send_messages(self._client, self._queue_url, list(_messages(changed)), STORE, **delay)


def read_changed(message: str) -> ChangedPeople:
    """Raises PoisonMessage for everything that `send` does not write."""
    try:
        told = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise PoisonMessage("The message is not JSON.") from error
    if not isinstance(told, dict) or told.get("v") != VERSION:
        raise PoisonMessage(f"The message is not of version {VERSION}.")
    tenant, actors, since, forget = (told.get(name) for name in ("tenant", "actors", "since", "forget_goal"))
    if not isinstance(tenant, str) or not isinstance(since, int) or not isinstance(forget, str | None):
        raise PoisonMessage("The message names no tenant, or its time or goal is wrong.")
    if not isinstance(actors, list) or not all(isinstance(actor, str) for actor in actors):
        raise PoisonMessage("The message's actors are not a list of ids.")
    return ChangedPeople(tenant, actors, since, str(told.get("reason", "")), forget)


def _messages(changed: ChangedPeople) -> Iterator[str]:
    facts: dict[str, Any] = {
        "v": VERSION,
        "tenant": changed.tenant,
        "since": changed.since,
        "reason": changed.reason,
    }
    if changed.forget_goal is not None:
        yield orjson.dumps(facts | {"actors": [], "forget_goal": changed.forget_goal}).decode()
    for actors in batched(changed.actors, ACTORS_A_MESSAGE, strict=False):
        yield orjson.dumps(facts | {"actors": list(actors)}).decode()
