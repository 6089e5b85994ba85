"""The same Idempotency-Key gets the saved answer for a day; with another body it is refused.

Imported only for requests that bring a key: the library is slow to load.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from touchline.adapters.aws_client import aws_client
from touchline.errors import IdempotencyKeyReused, RequestInProgress, StoreUnavailable

from ingest_events.parts import settings

type Answer = dict[str, Any]

KEPT_SECONDS: Final = 24 * 3600
IN_PROGRESS_SECONDS: Final = 2
# DynamoDB takes 400 KB an item. Over this, the saved answer leaves the ids out: the client has them, by index.
SAVED_BYTES: Final = 300_000


def answer_once(key: str, tenant: str, body: bytes, work: Callable[[], Answer], context: Any) -> Answer:
    """Keys of two tenants never meet. Raises IdempotencyKeyReused or RequestInProgress."""
    sent = {"key": f"{tenant}#{key}", "body": hashlib.sha256(body).hexdigest()}
    config = _config()
    config.register_lambda_context(context)  # a request cut off by the function's end is not in progress for ever

    def answer(sent: dict[str, str]) -> dict[str, str]:
        return _saved(work())

    once = idempotent_function(
        answer,
        data_keyword_argument="sent",
        persistence_store=_store(),
        config=config,
        key_prefix="ingest_events",
    )
    try:
        return _restored(once(sent=sent))
    except IdempotencyValidationError as error:
        raise IdempotencyKeyReused("The Idempotency-Key was used for another body within 24 hours.") from error
    except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
        message = "A request with this Idempotency-Key is being worked on; ask again for its answer."
        raise RequestInProgress(message, retry_after_seconds=IN_PROGRESS_SECONDS) from error
    except IdempotencyPersistenceLayerError as error:
        raise StoreUnavailable("The idempotency table did not answer. Sending the same again is safe.") from error


@cache
def _store() -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(
        table_name=settings().idempotency_table, boto3_client=aws_client("dynamodb"), key_attr="id"
    )


@cache
def _config() -> IdempotencyConfig:
    return IdempotencyConfig(
        event_key_jmespath="key",
        payload_validation_jmespath="body",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=KEPT_SECONDS,
        hash_function="sha256",
    )


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
