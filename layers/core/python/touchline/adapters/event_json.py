"""Documents as the lines of a `_bulk` body: written once, by ingest, and forwarded as bytes from then on."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

type Document = dict[str, Any]

encode_document: Final = orjson.dumps


def bulk_lines(index: str, document_id: str, encoded: bytes) -> bytes:
    """One document's two lines. An id and an index of ours need no escaping in JSON."""
    return b"".join((_action_before_id(index), document_id.encode(), b'"}}\n', encoded, b"\n"))


@lru_cache(maxsize=1024)
def _action_before_id(index: str) -> bytes:
    return f'{{"create":{{"_index":"{index}","_id":"'.encode()


def read_bulk(body: bytes) -> Sequence[tuple[dict[str, str], Document]]:
    """Each document with its action (`_index` and `_id`), in order."""
    lines = body.splitlines()
    return [
        (next(iter(orjson.loads(action).values())), orjson.loads(document))
        for action, document in zip(lines[::2], lines[1::2], strict=True)
    ]
