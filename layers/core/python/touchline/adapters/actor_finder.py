"""Whose events matter in a `_bulk` body: found by their bytes, so that only those few lines are parsed."""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

import orjson

# Every document of an event begins with its time (see `domain.events`).
BEGINNING = b'{"@timestamp":'


class BytesActorFinder:
    def find(self, body: bytes, always: Collection[str], late: Collection[str], before: int) -> dict[str, int]:
        found: dict[str, int] = {}
        for line in _lines(body, _pattern(frozenset(always)), None):
            _note(found, line)
        for line in _lines(body, _pattern(frozenset(late) - frozenset(always)), before):
            _note(found, line)
        return found


def _lines(body: bytes, pattern: re.Pattern[bytes] | None, before: int | None) -> Iterator[bytes]:
    """The documents with one of the actions that happened by `before`."""
    for match in pattern.finditer(body) if pattern is not None else ():
        start = body.rfind(b"\n", 0, match.start()) + 1
        if before is None or _time(body, start) <= before:
            yield body[start : body.index(b"\n", match.end())]


def _time(body: bytes, start: int) -> int:
    first = start + len(BEGINNING)
    return int(body[first : body.index(b",", first)])


def _note(found: dict[str, int], line: bytes) -> None:
    document = orjson.loads(line)
    actor, at = document["actor"]["id"], document["@timestamp"]
    found[actor] = min(at, found.get(actor, at))


@lru_cache(maxsize=256)
def _pattern(actions: frozenset[str]) -> re.Pattern[bytes] | None:
    """A quote inside a text of JSON is escaped, so only the field itself can read like this."""
    if not actions:
        return None
    encoded = b"|".join(re.escape(orjson.dumps(action)) for action in sorted(actions))
    return re.compile(rb'"action":(?:' + encoded + rb")")
