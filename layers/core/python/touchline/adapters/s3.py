"""The archive on S3. What is read is proven whole: by its length and by the checksum it was stored with."""

import base64
import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from touchline.adapters.aws_errors import as_our_errors
from touchline.errors import NotFound, StoreUnavailable

STORE: Final = "The archive"
READ_TRIES: Final = 3
PAUSE_SECONDS: Final = 0.2
DELETED_AT_ONCE: Final = 1_000  # S3's limit of one DeleteObjects call
MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
CHECKSUM: Final = "touchline-sha256"


class S3Archive:
    def __init__(self, client: Any, bucket: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._bucket = bucket
        self._sleep = sleep

    def put(self, key: str, body: bytes) -> None:
        sha256 = hashlib.sha256(body).digest()
        with as_our_errors(STORE):
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ChecksumSHA256=base64.b64encode(sha256).decode(),  # S3 refuses what arrives otherwise
                Metadata={CHECKSUM: sha256.hex()},
            )

    def get(self, key: str) -> bytes:
        """Getting and reading are one unit of retry: the SDK does not repeat a body that is cut or corrupt."""
        for tries_left in reversed(range(READ_TRIES)):
            try:
                return self._get_whole(key)
            except StoreUnavailable:
                if not tries_left:
                    raise
                self._sleep(PAUSE_SECONDS * (READ_TRIES - tries_left))
        raise AssertionError("the last try returns or raises")

    def keys(self, prefix: str, after: str = "") -> Iterable[str]:
        return (key for key, _ in self.sizes(prefix, after))

    def sizes(self, prefix: str, after: str = "") -> Iterable[tuple[str, int]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, **({"StartAfter": after} if after else {})
        )
        with as_our_errors(STORE):
            for page in pages:
                for found in page.get("Contents", []):
                    yield found["Key"], found["Size"]

    def size(self, key: str) -> int:
        with as_our_errors(STORE):
            try:
                answer = self._client.head_object(Bucket=self._bucket, Key=key)
            except self._client.exceptions.ClientError as error:
                raise _missing(error, key) from error
        return int(answer["ContentLength"])

    def delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), DELETED_AT_ONCE):
            objects = [{"Key": key} for key in keys[start : start + DELETED_AT_ONCE]]
            with as_our_errors(STORE):
                answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            if answer.get("Errors"):
                raise StoreUnavailable(f"{STORE} did not delete {len(answer['Errors'])} of {len(objects)} objects.")

    def _get_whole(self, key: str) -> bytes:
        with as_our_errors(STORE):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except self._client.exceptions.ClientError as error:
                raise _missing(error, key) from error
            body: bytes = answer["Body"].read()
        if len(body) != answer["ContentLength"]:
            raise StoreUnavailable(f"{STORE} sent {len(body)} of {answer['ContentLength']} bytes.")
        stored = answer["Metadata"].get(CHECKSUM)
        if stored is not None and stored != hashlib.sha256(body).hexdigest():
            raise StoreUnavailable(f"{STORE} sent other bytes than were stored.")
        return body


def _missing(error: Any, key: str) -> Exception:
    """NotFound for a key that is not there; any other error stays itself."""
    code = error.response.get("Error", {}).get("Code", "")
    found: Exception = NotFound(f"The archive holds nothing under {key}.") if code in MISSING else error
    return found
