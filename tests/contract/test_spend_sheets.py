"""Spend sheets: one contract for memory, the archive in memory, and S3."""

from collections.abc import Iterator
from datetime import date

import boto3
import pytest
from moto import mock_aws
from touchline.adapters.memory.archive import MemoryArchive
from touchline.adapters.memory.spend_sheets import MemorySpendSheets
from touchline.adapters.s3 import S3Archive
from touchline.adapters.spend_sheets import ArchivedSpendSheets
from touchline.domain.spend import Spend, SpendSheet
from touchline.ports import SpendSheets

MAY = SpendSheet(
    "may", 7, (Spend(date(2026, 5, 1), "email", None, -5, "EUR"), Spend(date(2026, 5, 2), None, "ü", 1, "USD"))
)
JUNE = SpendSheet("june-2.x", 8, ())


@pytest.fixture(params=["memory", "archive", "s3"])
def sheets(request: pytest.FixtureRequest) -> Iterator[SpendSheets]:
    if request.param == "s3":
        with mock_aws():
            client = boto3.client("s3")
            client.create_bucket(Bucket="archive")
            yield ArchivedSpendSheets(S3Archive(client, "archive"))
    else:
        yield MemorySpendSheets() if request.param == "memory" else ArchivedSpendSheets(MemoryArchive())


def test_what_was_put_is_got_and_listed_by_name(sheets: SpendSheets) -> None:
    for sheet in (MAY, JUNE):
        sheets.put("acme", sheet)
    assert sheets.get("acme", "may") == MAY
    assert sheets.all("acme") == [JUNE, MAY]


def test_the_same_name_again_replaces(sheets: SpendSheets) -> None:
    sheets.put("acme", MAY)
    sheets.put("acme", SpendSheet("may", 9, ()))
    assert sheets.all("acme") == [SpendSheet("may", 9, ())]


def test_tenants_never_meet(sheets: SpendSheets) -> None:
    sheets.put("acme", MAY)
    sheets.put("acme-2", JUNE)
    assert sheets.all("acme") == [MAY]
    assert sheets.get("acme-2", "may") is None
    sheets.delete("acme-2", "may")
    assert sheets.get("acme", "may") == MAY


def test_what_was_deleted_is_gone(sheets: SpendSheets) -> None:
    sheets.put("acme", MAY)
    for _ in range(2):
        sheets.delete("acme", "may")
    assert sheets.get("acme", "may") is None
    assert sheets.all("acme") == []
