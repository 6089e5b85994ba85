"""What events say about who is who, found in `_bulk` bodies: lines that say nothing of it are not parsed."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from touchline.domain.identity import Claim, ClaimKind

# As ingest writes them. Inside a text its quotes would be escaped, so no value can look like one.
SAYINGS: Final[tuple[tuple[bytes, str, ClaimKind], ...]] = (
    (b'"anonymous_id":"', "anonymous_id", "identify"),
    (b'"previous_id":"', "previous_id", "alias"),
)

TIME: Final = b'{"@timestamp":'
ACTOR: Final = b'"actor":{"id":'


class BulkClaimReader:
    def read(self, body: bytes) -> list[Claim]:
        return [claim for saying in SAYINGS for claim in _claims(body, *saying)]


def _claims(body: bytes, mark: bytes, name: str, kind: ClaimKind) -> Iterator[Claim]:
    said: dict[bytes, int] = {}
    found = body.find(mark)
    while found >= 0:
        start, end = body.rfind(b"\n", 0, found) + 1, body.find(b"\n", found)
        actor = body[body.rfind(ACTOR, start, found) : body.find(b'"', found + len(mark))]
        at = int(body[start + len(TIME) : body.index(b",", start)])
        # What was said already, and earlier, needs no parsing. An escaped quote would end the actor too soon.
        if at <= said.get(actor, at) or b"\\" in actor:
            said[actor] = at
            document = orjson.loads(body[start:end])
            earlier, known = document["actor"][name], document["actor"]["id"]
            if earlier != known:
                action = orjson.loads(body[body.rfind(b"\n", 0, start - 1) + 1 : start])
                yield Claim(earlier, known, kind, document["@timestamp"], document["sequence"], _id(action))
        found = body.find(mark, end)


def _id(action: dict[str, Any]) -> str:
    return str(next(iter(action.values()))["_id"])
