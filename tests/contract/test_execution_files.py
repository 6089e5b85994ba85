"""Files of executions: in memory and on S3 alike."""

import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.response import StreamingBody
from moto import mock_aws
from touchline.adapters.execution_files import READ_TRIES, S3ExecutionFiles
from touchline.adapters.memory.execution_files import MemoryExecutionFiles
from touchline.errors import NotFound, StoreUnavailable
from touchline.marketo_ports import ExecutionFiles


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="files")
        yield client


@pytest.fixture(params=["memory", "s3"])
def files(request: pytest.FixtureRequest, s3: Any) -> ExecutionFiles:
    return MemoryExecutionFiles() if request.param == "memory" else S3ExecutionFiles(s3, "files")


def test_a_file_is_read_whole_and_in_ranges(files: ExecutionFiles) -> None:
    assert files.put("acme", "e1", "extract/part-00000.csv", b"0123456789") == 10
    assert files.put("acme", "e1", "extract/part-00001.csv", io.BytesIO(b"abc")) == 3
    assert files.get("acme", "e1", "extract/part-00000.csv") == b"0123456789"
    assert files.get("acme", "e1", "extract/part-00000.csv", 2, 5) == b"234"
    assert files.get("acme", "e1", "extract/part-00000.csv", 8, 99) == b"89"
    assert files.get("acme", "e1", "extract/part-00000.csv", 4) == b"456789"
    assert files.get("acme", "e1", "extract/part-00000.csv", 10) == b""
    with files.open("acme", "e1", "extract/part-00001.csv") as opened:
        assert opened.read() == b"abc"


def test_the_same_name_written_twice_is_one_file(files: ExecutionFiles) -> None:
    for body in (b"first", b"2nd"):
        files.put("acme", "e1", "report/summary.json", body)
    assert files.size("acme", "e1", "report/summary.json") == 3
    assert list(files.names("acme", "e1")) == ["report/summary.json"]


def test_what_is_not_there_is_said(files: ExecutionFiles) -> None:
    files.put("acme", "e1", "rows/1", b"x")
    for tenant, execution, name in (("acme", "e1", "rows/2"), ("acme", "e2", "rows/1"), ("other", "e1", "rows/1")):
        assert files.size(tenant, execution, name) is None
        with pytest.raises(NotFound):
            files.get(tenant, execution, name)
        with pytest.raises(NotFound):
            files.open(tenant, execution, name)


def test_names_come_in_order_by_prefix_and_are_deleted_by_it(files: ExecutionFiles) -> None:
    for name in ("rows/2", "rows/1", "changes/part-00000.parquet", "report/changes.csv", "rowsmore/1"):
        files.put("acme", "e1", name, b"x")
    files.put("acme", "e10", "rows/1", b"x")
    assert list(files.names("acme", "e1")) == [
        *("changes/part-00000.parquet", "report/changes.csv", "rows/1", "rows/2", "rowsmore/1")
    ]
    assert list(files.names("acme", "e1", "rows/")) == ["rows/1", "rows/2"]
    assert list(files.names("acme", "e1", "r")) == ["report/changes.csv", "rows/1", "rows/2", "rowsmore/1"]
    files.delete("acme", "e1", "rows/")
    files.delete("acme", "e1", "rows/")
    assert list(files.names("acme", "e1", "r")) == ["report/changes.csv", "rowsmore/1"]
    files.delete("acme", "e1")
    assert list(files.names("acme", "e1")) == []
    assert list(files.names("acme", "e10")) == ["rows/1"]


def test_a_link_names_the_file_and_says_what_it_is(s3: Any) -> None:
    files = S3ExecutionFiles(s3, "files")
    files.put("acme", "e1", "report/changes.csv", b"id\n1\n")
    answer = requests.get(files.link("acme", "e1", "report/changes.csv", 60), timeout=5)
    assert answer.content == b"id\n1\n"
    assert answer.headers["content-disposition"] == 'attachment; filename="e1-report-changes.csv"'
    assert answer.headers["content-type"].startswith("text/csv")


def test_leads_on_their_way_lie_apart_from_what_is_kept(s3: Any) -> None:
    """The bucket forgets the one sooner than the other, by the beginning of the key."""
    files = S3ExecutionFiles(s3, "files")
    working, pending = {"extract", "keys", "rows", "import"}, {"merging", "plan"}
    kept = {"journal", "undo", "report", "changes"}
    for name in working | pending | kept:
        files.put("acme", "e1", f"{name}/1", b"x")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket="files")["Contents"]]
    for beginning, names in (("working", working), ("pending", pending), ("kept", kept)):
        assert {key.split("/")[3] for key in keys if key.startswith(f"{beginning}/")} == names


@pytest.mark.parametrize("broken", [1, READ_TRIES], ids=["once", "always"])
def test_a_body_that_is_cut_is_read_again_and_never_taken_for_the_whole(s3: Any, broken: int) -> None:
    whole = s3.get_object
    left = [broken]

    def cut(**asked: Any) -> Any:
        answer = whole(**asked)
        if left[0]:
            left[0] -= 1
            answer["Body"] = StreamingBody(io.BytesIO(b"01"), 2)
        return answer

    files = S3ExecutionFiles(s3, "files", sleep=lambda _: None)
    files.put("acme", "e1", "rows/1", b"0123456789")

    def opened() -> bytes:
        with files.open("acme", "e1", "rows/1") as file:
            return file.read()

    for read in (lambda: files.get("acme", "e1", "rows/1"), opened):
        left[0] = broken
        s3.get_object = cut
        if broken < READ_TRIES:
            assert read() == b"0123456789"
        else:
            with pytest.raises(StoreUnavailable):
                read()
