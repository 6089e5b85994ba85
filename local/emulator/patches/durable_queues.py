"""SQS: messages survive kill -9, and none is lost between two threads.

Fault: services/sqs.py keeps messages in memory and writes them only at a graceful stop. `_act_delete_message` and
`_delete_messages_for_esm` build a new list and assign it, the one on the event loop, the other on a thread: a message
sent meanwhile vanishes.
AWS: a message is stored on several servers before SendMessage answers.
Without it: "accepted" is a lie, and events are lost under load without any kill.

Every queue is a dict that journals what enters and leaves its list of messages, whoever puts it there.
"""

import contextlib
import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, SupportsIndex

from ministack.core.persistence import _json_default, _json_object_hook
from ministack.services import sqs

from local.emulator.journal import Journal, Record
from local.emulator.patches import state_directory

type Key = tuple[str, str, str]  # account, region, url

_lock = threading.RLock()
_buffer: list[Record] | None = None  # records of the action that holds the lock


class Messages(list[dict[str, Any]]):
    """The messages of one queue; each change is in the journal before the change is answered."""

    def __init__(self, key: Key, messages: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__(messages)
        self.key = key

    def append(self, message: dict[str, Any]) -> None:
        with _lock:
            super().append(message)
            _record(["add", self.key, message])

    def remove(self, message: dict[str, Any]) -> None:
        with _lock:
            super().remove(message)
            _record(["del", self.key, [message["id"]]])

    def pop(self, index: SupportsIndex = -1) -> dict[str, Any]:
        with _lock:
            message = super().pop(index)
            _record(["del", self.key, [message["id"]]])
            return message

    def clear(self) -> None:
        with _lock:
            _record(["del", self.key, [message["id"] for message in self]])
            super().clear()


class Queue(dict[str, Any]):
    """A queue whose list of messages may be replaced, as the emulator does: what is missing then was deleted."""

    def __init__(self, key: Key, queue: dict[str, Any]) -> None:
        super().__init__(queue)
        self.key = key
        super().__setitem__("messages", Messages(key, queue.get("messages", ())))

    def __setitem__(self, name: str, value: Any) -> None:
        if name == "messages":
            value = self._replaced(value)
        super().__setitem__(name, value)

    def _replaced(self, messages: list[dict[str, Any]]) -> Messages:
        kept = {message["id"] for message in messages}
        gone = [message["id"] for message in self["messages"] if message["id"] not in kept]
        if gone:
            _record(["del", self.key, gone])
        return Messages(self.key, messages)

    def definition(self) -> dict[str, Any]:
        definition = {name: value for name, value in self.items() if name != "messages"}
        attributes = self["attributes"].items()
        definition["attributes"] = {k: v for k, v in attributes if not k.startswith("ApproximateNumberOf")}
        return definition


class Queues(dict[Key, dict[str, Any]]):
    """All queues; assigning one makes it durable."""

    def __setitem__(self, key: Key, queue: dict[str, Any]) -> None:
        with _lock:
            durable = Queue(key, queue)
            super().__setitem__(key, durable)
            _record(["queue", key, durable.definition()])
            for message in durable["messages"]:
                _record(["add", key, message])

    def pop(self, key: Key, *default: Any) -> Any:
        with _lock:
            if key in self:
                _record(["drop", key])
            return super().pop(key, *default)

    def clear(self) -> None:
        with _lock:
            for key in self:
                _record(["drop", key])
            super().clear()


_queues = Queues()


def _live() -> Iterator[Record]:
    for key, queue in _queues.items():
        yield ["queue", key, queue.definition()]  # type: ignore[attr-defined]
        for message in queue["messages"]:
            yield ["add", key, message]


@functools.cache
def _journal() -> Journal:
    return Journal(state_directory() / "sqs.journal", _live, encode=_json_default, decode=_json_object_hook)


def _record(record: Record) -> None:
    if _buffer is not None:
        _buffer.append(record)
    else:
        _journal().append([record])


@contextlib.contextmanager
def _one_action() -> Iterator[None]:
    """Nobody else changes a queue meanwhile, and what changes is written at once, before the answer."""
    global _buffer
    with _lock:
        outermost = _buffer is None
        if outermost:
            _buffer = []
        try:
            yield
        finally:
            if outermost and _buffer is not None:
                records, _buffer = _buffer, None
                _journal().append(records)


def _exclusive[**P, R](action: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(action)
    def locked(*args: P.args, **kwargs: P.kwargs) -> R:
        with _one_action():
            return action(*args, **kwargs)

    return locked


def _redefines[**P, R](action: Callable[P, R]) -> Callable[P, R]:
    """Attributes and tags are changed in place: write the definitions of the queues anew. They are few and small."""

    @functools.wraps(action)
    def recorded(*args: P.args, **kwargs: P.kwargs) -> R:
        answer = action(*args, **kwargs)
        redefine()
        return answer

    return _exclusive(recorded)


def redefine() -> None:
    """Attributes and tags are changed in place, also by templates: write the definitions again."""
    with _one_action():
        for key, queue in _queues.items():
            _record(["set", key, queue.definition()])  # type: ignore[attr-defined]


def restore() -> None:
    """Bring back what the journal holds; messages that were in flight are visible again."""
    found: dict[Key, dict[str, Any]] = {}
    messages: dict[Key, dict[str, dict[str, Any]]] = {}
    for kind, key_parts, *rest in _journal().replay():
        account, region, url = key_parts
        _apply(kind, (account, region, url), rest, found, messages)
    for (account, region, url), queue in found.items():
        waiting = [_visible(message) for message in messages[account, region, url].values()]
        here = sqs._queue_url_for_account(account, queue["name"])  # the port may be another one than last time
        key = (account, region, here)
        dict.__setitem__(_queues, key, Queue(key, {**queue, "url": here, "messages": waiting}))
    _journal().rewrite()
    sqs._rebuild_queue_name_index()


def _visible(message: dict[str, Any]) -> dict[str, Any]:
    """As sent: a delay still counts, but whoever had received it died with the emulator."""
    return {**message, "visible_at": message["sent_at"]} if message["receive_count"] else message


def _apply(kind: str, key: Key, rest: list[Any], found: dict[Key, Any], messages: dict[Key, Any]) -> None:
    match kind:
        case "queue":
            found[key], messages[key] = rest[0], {}
        case "set" if key in found:
            found[key] = rest[0]
        case "drop":
            found.pop(key, None)
            messages.pop(key, None)
        case "add" if key in found:
            messages[key][rest[0]["id"]] = rest[0]
        case "del" if key in found:
            for message in rest[0]:
                messages[key].pop(message, None)


_CHANGES = [
    "SendMessage",
    "SendMessageBatch",
    "DeleteMessage",
    "DeleteMessageBatch",
    "PurgeQueue",
    "CreateQueue",
    "GetQueueAttributes",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
]
_REDEFINITIONS = ("SetQueueAttributes", "TagQueue", "UntagQueue", "AddPermission", "RemovePermission")
_INTERNAL = ("_collect_msgs", "_dlq_sweep", "_expire_retained", "_refresh_counts")


def apply() -> None:
    sqs._queues._data = _queues
    sqs._queues_lock = _lock
    for action in _CHANGES:
        sqs._HANDLERS[action] = _exclusive(sqs._HANDLERS[action])
    for action in _REDEFINITIONS:
        sqs._HANDLERS[action] = _redefines(sqs._HANDLERS[action])
    for name in (*_INTERNAL, "_receive_messages_for_esm", "_delete_messages_for_esm"):
        setattr(sqs, name, _exclusive(getattr(sqs, name)))
    sqs.get_state = lambda: None  # the journal is the state
