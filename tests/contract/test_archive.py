"""The archive: one contract for memory and S3, and what only S3 can do wrong."""

import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from touchline.adapters.memory.archive import MemoryArchive
from touchline.adapters.s3 import READ_TRIES, S3Archive
from touchline.errors import NotFound, StoreUnavailable
from touchline.ports import Archive


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="archive")
        yield client


@pytest.fixture(params=["memory", "s3"])
def archive(request: pytest.FixtureRequest, s3: Any) -> Archive:
    return MemoryArchive() if request.param == "memory" else S3Archive(s3, "archive")


def test_what_was_put_is_got(archive: Archive) -> None:
    archive.put("a/1", b"one")
    archive.put("a/1", b"two")
    assert archive.get("a/1") == b"two"
    assert archive.size("a/1") == 3


def test_what_is_not_there_is_not_found(archive: Archive) -> None:
    with pytest.raises(NotFound):
        archive.get("a/1")
    with pytest.raises(NotFound):
        archive.size("a/1")
    archive.delete(["a/1"])


def test_keys_come_in_order_without_a_limit(archive: Archive) -> None:
    names = [f"a/{number:04}" for number in range(1_050)]
    for name in reversed(names):
        archive.put(name, b"")
    archive.put("b/1", b"")
    assert list(archive.keys("a/")) == names
    assert list(archive.keys("a/", after="a/1047")) == ["a/1048", "a/1049"]
    archive.put("b/2", b"two")
    assert list(archive.sizes("b/")) == [("b/1", 0), ("b/2", 3)]
    assert list(archive.sizes("b/", after="b/1")) == [("b/2", 3)]
    archive.delete([*names, "b/2"])
    assert list(archive.keys("")) == ["b/1"]


class Cutting:
    """The real client, whose bodies are cut or changed the first times."""

    def __init__(self, client: Any, bodies: list[bytes]) -> None:
        self._client = client
        self._bodies = bodies
        self.exceptions = client.exceptions

    def get_object(self, **wanted: Any) -> Any:
        answer = self._client.get_object(**wanted)
        return answer | {"Body": io.BytesIO(self._bodies.pop())} if self._bodies else answer


def test_a_cut_or_changed_body_is_read_again(s3: Any) -> None:
    S3Archive(s3, "archive").put("a", b"whole")
    waits: list[float] = []
    assert S3Archive(Cutting(s3, [b"who", b"Whole"]), "archive", waits.append).get("a") == b"whole"
    assert len(waits) == 2


def test_a_body_that_stays_wrong_is_never_handed_on(s3: Any) -> None:
    S3Archive(s3, "archive").put("a", b"whole")
    with pytest.raises(StoreUnavailable):
        S3Archive(Cutting(s3, [b"WHOLE"] * READ_TRIES), "archive", lambda _: None).get("a")
