"""Duplicates, compactions in the middle of a question, too much to read, caches that are too small, odd text."""

import gc
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any
from weakref import ref

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from touchline.adapters.columns import tail
from touchline.adapters.columns.asked import ROWS_OF_A_TENANT
from touchline.adapters.columns.batch_columns import batch_days
from touchline.adapters.columns.cache import ColumnCache
from touchline.adapters.columns.day_files import DayFiles
from touchline.adapters.columns.event_columns import REMEMBERED_MS, ArchivedEventColumns
from touchline.adapters.columns.opening import open_event_columns
from touchline.adapters.columns.packing import MAGIC, PackedColumns, pack
from touchline.adapters.columns.tables import EventTable
from touchline.adapters.columns.tail import TailReader
from touchline.adapters.duckdb.day_columns import pack_day
from touchline.adapters.event_json import bulk_lines, encode_document
from touchline.adapters.memory.archive import MemoryArchive
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.adapters.s3 import S3Archive
from touchline.domain.archive import tenant_prefix
from touchline.domain.event_documents import event_index
from touchline.domain.people import person_key
from touchline.domain.queries.fields import field_named
from touchline.domain.queries.filters import make_filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.rows import RowsQuestion
from touchline.errors import StoreUnavailable
from touchline.ports import EventColumns

from tests.contract.test_event_columns import DAY, START, Archived, Document, first_accepted, id_of, seen
from tests.unit.services.archiving import RecordingIndex, archive_lines, compact

ALL = RowsQuestion(
    TimeRange(START, START + 3 * DAY), fields=(field_named("action", "f"), field_named("actor.id", "f")), ids=True
)


def event(id: str, day: int = 0, sequence: int = 1, **more: Any) -> Document:
    return {
        "@timestamp": START + day * DAY + sequence,
        "sequence": sequence,
        "tenant": "acme",
        "id": id,
        "action": "open",
        "actor": {"id": f"p{sequence % 3}"},
    } | more


def expect(columns: EventColumns, documents: Iterable[Document]) -> None:
    kept = [document | {"_id": id_of(document)} for document in documents]
    assert seen(columns.rows("acme", ALL)) == seen(MemoryEventColumns(kept).rows("acme", ALL))


def first_of_each_day(documents: Iterable[Document]) -> list[Document]:
    best: dict[tuple[str, int], Document] = {}
    for document in sorted(documents, key=lambda one: one["sequence"]):
        best.setdefault((document["id"], document["@timestamp"] // DAY), document)
    return list(best.values())


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 3)), max_size=16).flatmap(
        lambda sent: st.tuples(st.just(sent), st.permutations(range(1, len(sent) + 1)))
    )
)
def test_an_id_counts_once_a_day_and_once_at_all_when_it_is_compacted(
    tmp_path_factory: pytest.TempPathFactory, given: tuple[list[tuple[int, int, int]], list[int]]
) -> None:
    """As in the index: the version accepted first, whatever batch it came with; across days, compaction decides."""
    sent, sequences = given
    numbered = zip(sent, sequences, strict=True)
    batches: list[list[Document]] = [[] for _ in range(4)]
    for (id, day, batch), sequence in numbered:
        batches[batch].append(event(f"e{id}", day, sequence, action=f"a{sequence}"))
    archived = Archived(tmp_path_factory.mktemp("columns"))
    archived.receive(batches[0])
    archived.receive(batches[1])
    expect(archived.columns, first_of_each_day(batches[0] + batches[1]))
    archived.compact()
    closed = first_accepted(batches[0] + batches[1])
    archived.receive(batches[2])
    archived.receive(batches[3])
    expect(archived.columns, first_of_each_day(closed + batches[2] + batches[3]))
    archived.compact()
    expect(archived.columns, first_accepted([document for batch in batches for document in batch]))


def test_a_day_that_lost_all_of_its_events_is_a_day_like_others(tmp_path: Path) -> None:
    archived = Archived(tmp_path)
    archived.receive([event("e1", 1, 2)])
    archived.compact()
    archived.receive([event("e1", 0, 1)])
    archived.compact()
    expect(archived.columns, [event("e1", 0, 1)])
    archived.receive([event("e2", 1, 3)])
    expect(archived.columns, [event("e1", 0, 1), event("e2", 1, 3)])


class Interrupting:
    """An archive in which something happens just before the n-th reading."""

    def __init__(self, archive: MemoryArchive, at: int, happen: Any) -> None:
        self._archive = archive
        self._left = at
        self._happen = happen

    def get(self, key: str) -> bytes:
        self._count()
        return self._archive.get(key)

    def sizes(self, prefix: str, after: str = "") -> Iterable[tuple[str, int]]:
        self._count()
        return list(self._archive.sizes(prefix, after))

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._happen()


@pytest.mark.parametrize("at", range(1, 14))
def test_a_compaction_in_the_middle_of_a_question_changes_nothing(tmp_path: Path, at: int) -> None:
    batches = [[event(f"e{number}-{n}", number % 2, 3 * n + number) for n in range(3)] for number in range(4)]
    archive = MemoryArchive()
    index = RecordingIndex()
    sender = Archived(tmp_path / "other")
    sender.archive = archive
    for batch in batches[:2]:
        sender.receive(batch)
    compact(archive, index)
    for batch in batches[2:]:
        sender.receive(batch)
    interrupting = Interrupting(archive, at, lambda: compact(archive, index))
    columns = open_event_columns(
        interrupting, lambda _: {}, count(0, REMEMBERED_MS).__next__, folder=tmp_path / "columns"
    )
    expect(columns, [document for batch in batches for document in batch])


def test_files_that_go_again_and_again_are_a_store_that_is_not_available(tmp_path: Path) -> None:
    archived = Archived(tmp_path)
    archived.receive([event("e1")])
    archived.compact()
    gone = Interrupting(archived.archive, 0, None)
    gone.get = lambda key: archived.archive.get(key + "?")  # type: ignore[method-assign]
    columns = open_event_columns(gone, lambda _: {}, count(0, REMEMBERED_MS).__next__, folder=tmp_path / "none")
    with pytest.raises(StoreUnavailable):
        columns.rows("acme", ALL)


def test_a_backlog_is_answered_as_of_what_was_read_of_it(tmp_path: Path) -> None:
    archived = Archived(tmp_path)
    early, late = [event(f"e{n}") for n in range(3)], [event(f"f{n}") for n in range(3)]
    archived.receive(early, "2026-11-22/09")
    archived.receive(late, "2026-11-22/11")
    cache = ColumnCache(tmp_path, 1 << 30)
    columns = ArchivedEventColumns(
        archived.archive,
        DayFiles(archived.archive, cache, pack_day),
        lambda tenant: TailReader(archived.archive, cache, batch_days, tenant, most_events=1, read_at_once=1),
        lambda _: {},
        count(START + 10 * DAY, REMEMBERED_MS).__next__,
    )
    expect(columns, early)
    assert columns.extent("acme", ALL.span).as_of == START + 2 * DAY + 11 * 3_600_000
    archived.compact()
    expect(columns, early + late)
    assert columns.extent("acme", ALL.span).as_of > START + 10 * DAY


def test_what_others_send_bounds_what_is_read_of_a_backlog(tmp_path: Path) -> None:
    """Few events of one's own among many of others'; the rest is read when there is room again."""
    archived = Archived(tmp_path)
    for hour in (9, 10, 11):
        others = [event(f"o{hour}-{n}", tenant="umbra", action=f"{hour * n:0200}") for n in range(50)]
        archived.receive([event(f"e{hour}"), *others], f"2026-11-22/{hour:02}")
    batches = sorted(archived.archive.keys("batches/"))
    room = sum(len(archived.archive.get(key)) for key in batches[:2])
    read: list[str] = []
    columns = backlogged(archived, tmp_path, read, room)
    for _ in range(2):
        expect(columns, [event("e9"), event("e10")])
        assert columns.extent("acme", ALL.span).as_of == START + 2 * DAY + 11 * 3_600_000
    assert read == batches[:2]
    archived.compact()
    expect(columns, [event(f"e{hour}") for hour in (9, 10, 11)])


def backlogged(archived: Archived, folder: Path, read: list[str], most_bytes: int) -> EventColumns:
    """One batch at a time; `read` gets the keys of the batches that are fetched."""

    class Noting:
        def get(self, key: str) -> bytes:
            read.append(key)
            return archived.archive.get(key)

    cache = ColumnCache(folder / "columns", 1)  # what is read again is fetched again
    return ArchivedEventColumns(
        archived.archive,
        DayFiles(archived.archive, cache, pack_day),
        lambda tenant: TailReader(Noting(), cache, batch_days, tenant, read_at_once=1, most_bytes=most_bytes),
        lambda _: {},
        count(START + 10 * DAY, REMEMBERED_MS).__next__,
    )


@pytest.mark.parametrize("most", [1, 150, 10**9])
def test_parts_of_a_backlog_end_where_their_bytes_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(tail, "FETCHED_AT_ONCE", 2)
    monkeypatch.setattr(tail, "BYTES_AT_ONCE", most)
    archived = Archived(tmp_path)
    documents = [event(f"e{n}", n % 2, n) for n in range(11)]
    for document in documents:
        archived.receive([document])
        expect(archived.columns, documents[: document["sequence"] + 1])


def test_what_others_sent_is_not_even_staged(tmp_path: Path) -> None:
    """Theirs is no JSON here, which DuckDB would not take. Text that looks like another's name is only text."""
    archived = Archived(tmp_path)
    ours = [event("e1", action='"tenant":"umbra"'), event("e2", action='"tenant":"acme"')]
    theirs = b'{"tenant":"umbra","action":"\\"tenant\\":\\"acme\\"", broken}'
    own = [bulk_lines(event_index(START), id_of(one), encode_document(one)) for one in ours]
    archive_lines(archived.archive, [own[0], bulk_lines(event_index(START), "f1", theirs), own[1]])
    expect(archived.columns, ours)


def test_a_tenant_does_not_wait_for_anothers_listing(tmp_path: Path) -> None:
    archived = Archived(tmp_path)
    archived.receive([event("e1"), event("e1", tenant="umbra")])
    archived.compact()
    begun, go_on = Event(), Event()

    class Slow:
        def get(self, key: str) -> bytes:
            return archived.archive.get(key)

        def sizes(self, prefix: str, after: str = "") -> Iterable[tuple[str, int]]:
            if prefix == tenant_prefix("umbra"):
                begun.set()
                assert go_on.wait(60)
            return archived.archive.sizes(prefix, after)

    columns = open_event_columns(Slow(), lambda _: {}, lambda: 0, folder=tmp_path / "columns")
    with ThreadPoolExecutor() as askers:
        waiting = askers.submit(columns.extent, "umbra", ALL.span)
        assert begun.wait(60)
        try:
            assert askers.submit(columns.extent, "acme", ALL.span).result(60).events == 1
        finally:
            go_on.set()
        assert waiting.result(60).events == 1


def test_of_tenants_the_latest_are_kept(tmp_path: Path) -> None:
    archived = Archived(tmp_path)
    tenants = ["acme", "umbra", "zeta"]
    archived.receive([event("e1", tenant=tenant) for tenant in tenants])
    cache = ColumnCache(tmp_path, 1 << 30)
    made: dict[str, list[ref[TailReader]]] = {tenant: [] for tenant in tenants}

    def tail_of(tenant: str) -> TailReader:
        reader = TailReader(archived.archive, cache, batch_days, tenant)
        made[tenant].append(ref(reader))
        return reader

    files = DayFiles(archived.archive, cache, pack_day)
    columns = ArchivedEventColumns(
        archived.archive, files, tail_of, lambda _: {}, lambda: 0, most_rows=2 * ROWS_OF_A_TENANT + 500
    )
    for tenant in ("acme", "umbra", "acme", "zeta", "acme"):
        assert columns.extent(tenant, ALL.span).events == 1
    gc.collect()
    assert {tenant: [one() is not None for one in several] for tenant, several in made.items()} == {
        "acme": [True],
        "umbra": [False],
        "zeta": [True],
    }


def test_days_that_have_no_room_are_let_go_of(tmp_path: Path) -> None:
    archived = Archived(tmp_path)
    documents = [event(f"e{n}", n % 3, n) for n in range(9)]
    archived.receive(documents)
    archived.compact()
    opened: list[ref[EventTable]] = []

    class Noting(DayFiles):
        def table(self, events_key: str, day_start: int) -> EventTable:
            table = super().table(events_key, day_start)
            opened.append(ref(table))
            return table

    cache = ColumnCache(tmp_path, 1 << 30)
    columns = ArchivedEventColumns(
        archived.archive,
        Noting(archived.archive, cache, pack_day, held_rows=3),
        lambda tenant: TailReader(archived.archive, cache, batch_days, tenant),
        lambda _: {},
        lambda: 0,
    )
    for _ in range(2):
        expect(columns, documents)
        assert columns.actors("acme", [person_key("p1")]) == {person_key("p1"): ["p1"]}
        gc.collect()
        assert sum(one() is not None for one in opened) == 1


def test_a_cache_without_room_changes_nothing(tmp_path: Path) -> None:
    archived = Archived(tmp_path)
    documents = [event(f"e{n}", n % 3, n) for n in range(9)]
    archived.receive(documents)
    archived.compact()
    times = count(0, REMEMBERED_MS)
    small = open_event_columns(archived.archive, lambda _: {}, times.__next__, folder=tmp_path / "s", cache_bytes=1)
    for _ in range(2):
        expect(small, documents)
    assert len(list((tmp_path / "s").iterdir())) <= 1
    nowhere = tmp_path / "file"
    nowhere.write_bytes(b"")
    expect(open_event_columns(archived.archive, lambda _: {}, times.__next__, folder=nowhere / "x"), documents)


def test_days_without_columns_are_read_from_their_events(tmp_path: Path) -> None:
    archived = Archived(tmp_path)
    documents = [event(f"e{n}", n % 3, n, properties=["plan=pro"] * (n % 2)) for n in range(9)]
    archived.receive(documents)
    archived.compact()
    archived.archive.delete(list(archived.archive.keys("columns/")))
    expect(archived.columns, documents)
    question = RowsQuestion(ALL.span, (make_filter("properties.plan", "eq", "pro", "f"),))
    assert len(archived.columns.rows("acme", question)) == 4


def test_columns_of_replaced_files_are_cleaned_up(tmp_path: Path) -> None:
    archived = Archived(tmp_path)
    for number in range(3):
        archived.receive([event(f"e{number}", 0, number)])
        archived.compact()
    names = [key.rpartition("/")[2].partition(".")[0] for key in archived.archive.objects if "day=" in key]
    current = next(key for key in archived.archive.objects if key.startswith("events/") and key.endswith(".parquet"))
    of_columns = [key for key in archived.archive.objects if key.startswith("columns/")]
    assert len(of_columns) == 3
    assert (
        {key.rpartition("/")[2].partition(".")[0] for key in of_columns}
        == {current.rpartition("/")[2].removesuffix(".parquet")}
        <= set(names)
    )


TEXTS = [
    "",
    "\x00",
    "a\x00b",
    "𝕏 😀 \u202e",
    "ß",
    "z",
    '"',
    "\\",
    "\n",
    "null",
    "\u00e9",
    "e\u0301",
    "\uffff",
    "\U00010000",
]


@pytest.mark.parametrize("compacted", [True, False])
def test_text_stays_that_text(tmp_path: Path, compacted: bool) -> None:  # noqa: FBT001
    archived = Archived(tmp_path)
    documents = [event(f"e{n}", 0, n, context={"campaign": text}) for n, text in enumerate(TEXTS)]
    archived.receive(documents)
    if compacted:
        archived.compact()
    for text in TEXTS:
        wanted = make_filter("context.campaign", "eq", text, "f")
        rows = archived.columns.rows("acme", RowsQuestion(ALL.span, (wanted,), fields=(wanted.field,)))
        assert [rows.fields["context.campaign"].of(row) for row in range(len(rows))] == [(text,)]


def test_days_are_read_from_s3(tmp_path: Path) -> None:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="archive")
        archive = S3Archive(client, "archive")
        sender = Archived(tmp_path / "other")
        sender.archive = archive  # type: ignore[assignment]
        documents = [event(f"e{n}", n % 3, n) for n in range(9)]
        sender.receive(documents[:6])
        sender.compact()
        sender.receive(documents[6:])
        columns = open_event_columns(archive, lambda _: {}, lambda: 0, folder=tmp_path / "columns")
        expect(columns, documents)


def test_a_damaged_file_of_columns_is_not_answered_from() -> None:
    packed = pack({"a": [1, 2]}, {"rows": 2})
    assert PackedColumns(packed).listed("a") == [1, 2]
    with pytest.raises(StoreUnavailable):
        PackedColumns(packed[:-1]).listed("a")
    with pytest.raises(StoreUnavailable):
        PackedColumns(b"X" * len(MAGIC) + packed[len(MAGIC) :])
