"""Receipts that are saved for a repeated request. Imported only for requests that bring a key."""

import base64
import json
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from touchline.adapters.aws_client import aws_client
from touchline.adapters.saved_answers import SavedAnswers

from ingest_events.parts import settings

type Answer = dict[str, Any]

# DynamoDB takes 400 KB an item. Over this, the saved answer leaves the ids out: the client has them, by index.
SAVED_BYTES: Final = 300_000


def answer_once(key: str, tenant: str, body: bytes, work: Callable[[], Answer], context: Any) -> Answer:
    """Raises IdempotencyKeyReused or RequestInProgress."""
    return _restored(_store().once(key, tenant, body, lambda: _saved(work()), context))


@cache
def _store() -> SavedAnswers:
    return SavedAnswers(aws_client("dynamodb"), settings().idempotency_table, "ingest_events")


def _saved(answer: Answer) -> dict[str, str]:
    packed = _packed(answer)
    if len(packed) > SAVED_BYTES:
        receipts = [{name: value for name, value in receipt.items() if name != "id"} for receipt in answer["receipts"]]
        packed = _packed(answer | {"receipts": receipts})
    return {"answer": packed}


def _packed(answer: Answer) -> str:
    return base64.b64encode(zlib.compress(json.dumps(answer).encode(), 6)).decode()


def _restored(saved: dict[str, str]) -> Answer:
    restored: Answer = json.loads(zlib.decompress(base64.b64decode(saved["answer"])))
    return restored
