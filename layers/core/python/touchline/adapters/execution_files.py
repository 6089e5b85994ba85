"""Files of executions on S3: `kept/`, `pending/` or `working/`, then tenant, execution and the file's name.

What is read is proven whole by its length; getting and reading are one unit of retry, which the SDK's are not.
"""

import tempfile
import time
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, Final

from touchline.adapters.aws_errors import as_our_errors
from touchline.domain.marketo.files import FileClass, class_of
from touchline.errors import NotFound, StoreUnavailable

STORE: Final = "The store of executions' files"
READ_TRIES: Final = 3
PAUSE_SECONDS: Final = 0.2
PIECE: Final = 1024 * 1024
DELETED_AT_ONCE: Final = 1_000  # S3's limit of one DeleteObjects call
MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
CLASSES: Final[tuple[FileClass, ...]] = ("kept", "pending", "working")
TYPES: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json", "parquet": "application/octet-stream"}


class S3ExecutionFiles:
    """`linking` makes links; both clients speak to the same bucket."""

    def __init__(
        self, client: Any, bucket: str, linking: Any = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._linking = linking or client
        self._sleep = sleep

    def put(self, tenant: str, execution: str, name: str, body: bytes | BinaryIO) -> int:
        key = _key(tenant, execution, name)
        size = len(body) if isinstance(body, bytes) else _left(body)
        with as_our_errors(STORE):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256")
        return size

    def get(self, tenant: str, execution: str, name: str, start: int = 0, end: int | None = None) -> bytes:
        size = self.size(tenant, execution, name)
        if size is None:
            raise NotFound(f"The execution has no file {name}.")
        end = size if end is None else min(end, size)
        if start >= end:
            return b""
        return self._patiently(lambda: self._range(_key(tenant, execution, name), start, end))

    def open(self, tenant: str, execution: str, name: str) -> BinaryIO:
        # Closed by the reader, and gone from the disk with it.
        file = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._patiently(lambda: self._copy(_key(tenant, execution, name), name, file))
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def names(self, tenant: str, execution: str, prefix: str = "") -> Iterable[str]:
        """In order, kept ones and others together."""
        classes = CLASSES if "/" not in prefix else (class_of(prefix),)
        return sorted(name for kind in classes for name in self._names(kind, tenant, execution, prefix))

    def size(self, tenant: str, execution: str, name: str) -> int | None:
        with as_our_errors(STORE):
            try:
                answer = self._client.head_object(Bucket=self._bucket, Key=_key(tenant, execution, name))
            except self._client.exceptions.ClientError as error:
                if _is_missing(error):
                    return None
                raise
        return int(answer["ContentLength"])

    def link(self, tenant: str, execution: str, name: str, seconds: int) -> str:
        shown = f"{execution}-{name.replace('/', '-')}"
        asked = {
            "Bucket": self._bucket,
            "Key": _key(tenant, execution, name),
            "ResponseContentType": TYPES.get(name.rpartition(".")[2], "application/octet-stream"),
            "ResponseContentDisposition": f'attachment; filename="{shown}"',
        }
        address: str = self._linking.generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)
        return address

    def delete(self, tenant: str, execution: str, prefix: str = "") -> None:
        keys = [_key(tenant, execution, name) for name in self.names(tenant, execution, prefix)]
        for first in range(0, len(keys), DELETED_AT_ONCE):
            objects = [{"Key": key} for key in keys[first : first + DELETED_AT_ONCE]]
            with as_our_errors(STORE):
                answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            if answer.get("Errors"):
                raise StoreUnavailable(f"{STORE} did not delete {len(answer['Errors'])} of {len(objects)} objects.")

    def _names(self, kind: str, tenant: str, execution: str, prefix: str) -> Iterable[str]:
        base = f"{kind}/{tenant}/{execution}/"
        with as_our_errors(STORE):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=base + prefix)
            for page in pages:
                for found in page.get("Contents", []):
                    yield found["Key"].removeprefix(base)

    def _patiently[Answer](self, read: Callable[[], Answer]) -> Answer:
        for tries_left in reversed(range(READ_TRIES)):
            try:
                return read()
            except StoreUnavailable:
                if not tries_left:
                    raise
                self._sleep(PAUSE_SECONDS * (READ_TRIES - tries_left))
        raise AssertionError("the last try returns or raises")

    def _range(self, key: str, start: int, end: int) -> bytes:
        with as_our_errors(STORE):
            answer = self._client.get_object(Bucket=self._bucket, Key=key, Range=f"bytes={start}-{end - 1}")
            body: bytes = answer["Body"].read()
        if len(body) != end - start:
            raise StoreUnavailable(f"{STORE} sent {len(body)} of {end - start} bytes.")
        return body

    def _copy(self, key: str, name: str, file: BinaryIO) -> None:
        file.seek(0)
        file.truncate()
        with as_our_errors(STORE):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except self._client.exceptions.ClientError as error:
                if _is_missing(error):
                    raise NotFound(f"The execution has no file {name}.") from error
                raise
            for piece in answer["Body"].iter_chunks(PIECE):
                file.write(piece)
        if file.tell() != answer["ContentLength"]:
            raise StoreUnavailable(f"{STORE} sent {file.tell()} of {answer['ContentLength']} bytes.")


def _key(tenant: str, execution: str, name: str) -> str:
    return f"{class_of(name)}/{tenant}/{execution}/{name}"


def _left(file: BinaryIO) -> int:
    """Bytes from where the file stands to its end."""
    start = file.tell()
    end = file.seek(0, 2)
    file.seek(start)
    return end - start


def _is_missing(error: Any) -> bool:
    return error.response.get("Error", {}).get("Code", "") in MISSING
