"""The same Idempotency-Key gets the saved answer for a day; with another request it is refused.

Imported only for requests that bring a key: the library is slow to load.
"""

import hashlib
from collections.abc import Callable
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

from touchline.errors import IdempotencyKeyReused, RequestInProgress, StoreUnavailable

type Saved = dict[str, str]  # an answer of 300 KB at most: DynamoDB takes 400 KB an item

KEPT_SECONDS: Final = 24 * 3600
IN_PROGRESS_SECONDS: Final = 2


class SavedAnswers:
    """Of one function, whose name tells its keys from those of others."""

    def __init__(self, client: Any, table: str, function: str) -> None:
        self._function = function
        self._store = DynamoDBPersistenceLayer(table_name=table, boto3_client=client, key_attr="id")
        self._config = IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="body",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=KEPT_SECONDS,
            hash_function="sha256",
        )

    def once(self, key: str, tenant: str, request: bytes, work: Callable[[], Saved], context: Any) -> Saved:
        """What `work` answers is saved; what it raises is not, so that the same key can be sent again. Keys of two
        tenants never meet. Raises IdempotencyKeyReused or RequestInProgress."""
        sent = {"key": f"{tenant}#{key}", "body": hashlib.sha256(request).hexdigest()}
        self._config.register_lambda_context(context)  # a request cut off by the function's end does not go on for ever

        def answer(sent: dict[str, str]) -> Saved:
            return work()

        once = idempotent_function(
            answer,
            data_keyword_argument="sent",
            persistence_store=self._store,
            config=self._config,
            key_prefix=self._function,
        )
        try:
            saved: Saved = once(sent=sent)
        except IdempotencyValidationError as error:
            raise IdempotencyKeyReused("The Idempotency-Key was used for another body within 24 hours.") from error
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
            message = "A request with this Idempotency-Key is being worked on; ask again for its answer."
            raise RequestInProgress(message, retry_after_seconds=IN_PROGRESS_SECONDS) from error
        except IdempotencyPersistenceLayerError as error:
            raise StoreUnavailable("The idempotency table did not answer. Sending the same again is safe.") from error
        return saved
