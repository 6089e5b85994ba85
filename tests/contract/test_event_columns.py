"""The same events as arrays from memory and from an archive: days, late batches, duplicates, merges, compactions."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from touchline.adapters.columns.event_columns import REMEMBERED_MS
from touchline.adapters.columns.opening import open_event_columns
from touchline.adapters.event_json import bulk_lines, encode_document
from touchline.adapters.memory.archive import MemoryArchive
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.domain.event_documents import DocumentIds, event_index
from touchline.domain.people import person_key
from touchline.domain.queries.cells import Part as TallyPart
from touchline.domain.queries.fields import field_named
from touchline.domain.queries.filters import Filter, make_filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Condition, Segment
from touchline.domain.queries.tally import Tallied, Tally
from touchline.domain.sequences.rows import EventRows, Part, RowsQuestion

from tests.unit.services.archiving import RecordingIndex, archive_lines, compact

type Document = dict[str, Any]

START = 1_795_132_800_000  # 2026-11-20T00:00:00Z in epoch ms
DAY = 86_400_000
TENANTS = ("acme", "umbra")
FIELDS = [
    *("action", "actor.id", "actor.type", "context.campaign", "context.channel", "value.currency", "object.id"),
    *("properties.plan", "properties.tag", "properties.score", "properties.vip"),
]
EDGES = [-1, 0, 1, 1000, DAY - 1, DAY, DAY + 1, 2 * DAY, 2 * DAY + 1000, 3 * DAY]
CONDITIONS: list[tuple[str, str, object]] = [
    ("action", "eq", "open"),
    ("action", "in", ["buy", "nothing"]),
    ("action", "ne", "open"),
    ("actor.id", "eq", "p1"),
    ("actor.id", "not_in", ["p1", "p2", "nobody"]),
    ("actor.id", "prefix", "p"),
    ("context.campaign", "missing", None),
    ("context.campaign", "exists", None),
    ("context.campaign", "not_in", ["c1"]),
    ("context.channel", "contains", "ma"),
    ("value.amount", "exists", None),
    ("value.amount", "missing", None),
    ("value.amount", "eq", "1.5"),
    ("value.amount", "ne", "1.5"),
    ("value.amount", "in", ["1.5", "0.00005", "-2"]),
    ("value.amount", "gt", "1.49999"),
    ("value.amount", "gte", "1.50001"),
    ("value.amount", "lt", 0),
    ("value.amount", "lte", "1.49999"),
    ("properties.plan", "eq", "pro"),
    ("properties.tag", "eq", "b"),
    ("properties.tag", "ne", "b"),
    ("properties.score", "gt", 1),
    ("properties.score", "eq", 7),
    ("properties.score", "eq", "7"),
    ("properties.vip", "eq", True),
    ("properties.none", "missing", None),
    ("properties.none", "exists", None),
]
FILTERS = [make_filter(name, operator, value, "f") for name, operator, value in CONDITIONS]  # type: ignore[arg-type]


@st.composite
def events(draw: st.DrawFn) -> Document:
    """Few people, moments and sequences, so that these often tie."""
    entries = st.sampled_from(
        ["plan=pro", "plan=free", "tag=a", "tag=b", "score:=7", "score=7", "score:=1.5", "vip:=true"]
    )
    document: Document = {
        "@timestamp": START + draw(st.integers(0, 2)) * DAY + draw(st.sampled_from([0, 1, 1000, DAY - 1])),
        "sequence": draw(st.integers(1, 3)),
        "tenant": draw(st.sampled_from(TENANTS)),
        "id": f"e{draw(st.integers(0, 400))}",
        "action": draw(st.sampled_from(["open", "buy", "é"])),
        "actor": {"id": draw(st.sampled_from(["p1", "p2", "p3", "p4"]))},
    }
    if draw(st.booleans()):
        document["actor"]["type"] = "contact"
    if draw(st.booleans()):
        document["context"] = {"channel": "email"} | ({"campaign": "c1"} if draw(st.booleans()) else {})
    if draw(st.booleans()):
        amount = draw(st.sampled_from([15_000, -20_000, 0, 14_999, 9 * 10**15]))
        document["value"] = {"amount_e4": amount, "currency": draw(st.sampled_from(["EUR", "JPY"]))}
    if draw(st.booleans()):
        document["properties"] = draw(st.lists(entries, max_size=4))
    return document


@st.composite
def questions(draw: st.DrawFn) -> RowsQuestion:
    of = draw(st.integers(1, 3))
    return RowsQuestion(
        draw(spans()),
        tuple(draw(st.lists(st.sampled_from(FILTERS), max_size=2))),
        tuple(tuple(one) for one in draw(st.lists(st.lists(st.sampled_from(FILTERS), max_size=2), max_size=10))),
        draw(st.booleans()),
        tuple(field_named(name, "f") for name in draw(st.sets(st.sampled_from(FIELDS), max_size=4))),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.none() | segments()),
        Part(draw(st.integers(0, of - 1)), of),
        draw(st.booleans()),
    )


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    edges = sorted(draw(st.sets(st.sampled_from(EDGES), min_size=2, max_size=5)))
    kinds = st.sampled_from(["events", "actors", "amounts", "numbers", "amount_percentiles", "number_percentiles"])
    parts = st.builds(_part, kinds, st.lists(st.sampled_from(FILTERS), max_size=1).map(tuple))
    filters = tuple(draw(st.lists(st.sampled_from(FILTERS), max_size=1)))
    field = draw(st.none() | st.sampled_from(FIELDS).map(lambda name: field_named(name, "f")))
    values = ["open", "buy", "c1", "EUR", "p1", "p4", "a", "b", 7, "7", 1.5, True, 1]
    listed = (
        tuple(draw(st.lists(st.sampled_from(values), max_size=3, unique_by=lambda v: (type(v), v)))) if field else ()
    )
    return Tally(
        tuple(START + e for e in edges), filters, tuple(draw(st.lists(parts, min_size=1, max_size=3))), field, listed
    )


def _part(kind: Any, filters: tuple[Filter, ...]) -> TallyPart:
    return TallyPart(kind, filters, "score" if "number" in kind else "", (0, 50, 90) if "percentiles" in kind else ())


def segments() -> st.SearchStrategy[Segment]:
    conditions = st.builds(
        lambda filters, span, least, more: Condition(
            tuple(filters), span, least, None if more is None else least + more
        ),
        st.lists(st.sampled_from(FILTERS), max_size=2),
        spans(),
        st.integers(0, 2),
        st.none() | st.integers(0, 1),
    )
    return st.lists(conditions, min_size=1, max_size=3).map(lambda all_of: Segment(tuple(all_of)))


def spans() -> st.SearchStrategy[TimeRange]:
    edges = st.sampled_from(EDGES)
    return st.tuples(edges, edges).filter(lambda e: e[0] < e[1]).map(lambda e: TimeRange(START + e[0], START + e[1]))


merges = st.dictionaries(st.sampled_from(["p1", "p3"]), st.sampled_from(["p2", "p4", "known"]), max_size=2)


class Archived:
    """Events on their way into an archive, and the arrays that are read from it."""

    def __init__(self, folder: Path, people: Mapping[str, str] | None = None) -> None:
        self.archive = MemoryArchive()
        self.index = RecordingIndex()
        # Each question a second and a half or more after the one before: nothing that was listed is still remembered.
        clock = count(0, REMEMBERED_MS)
        self.columns = open_event_columns(self.archive, lambda _: people or {}, clock.__next__, folder=folder)

    def receive(self, documents: list[Document], hour: str = "2026-11-22/10") -> None:
        lines = [bulk_lines(event_index(d["@timestamp"]), id_of(d), encode_document(plain(d))) for d in documents]
        archive_lines(self.archive, lines, hour)

    def compact(self) -> None:
        compact(self.archive, self.index)


def id_of(document: Document) -> str:
    return DocumentIds(document["tenant"]).of(document["id"].encode())


def plain(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "_id"}


def first_accepted(documents: list[Document]) -> list[Document]:
    """What the archive's rule leaves of them: by id the smallest sequence, then the earlier day."""
    best: dict[tuple[str, str], Document] = {}
    for document in documents:
        key = document["tenant"], document["id"]
        if key not in best or rank(document) < rank(best[key]):
            best[key] = document | {"_id": id_of(document)}
    return list(best.values())


def rank(document: Document) -> tuple[int, int]:
    return document["sequence"], document["@timestamp"] // DAY


def one_each(documents: list[Document]) -> list[Document]:
    """Each id once, in content as well: duplicates have tests of their own."""
    return list({(d["tenant"], d["id"]): d for d in documents}.values())


def seen(rows: EventRows) -> list[tuple[Any, ...]]:
    """Person by person in the order of keys; a person's rows in the order given."""
    columns: list[list[Any]] = [rows.people.tolist(), rows.at.tolist(), rows.marks.tolist()]
    columns += [[coded.of(row) for row in range(len(rows))] for _, coded in sorted(rows.fields.items())]
    if rows.amounts is not None and rows.currencies is not None:
        columns += [rows.amounts.tolist(), [rows.currencies.of(row) for row in range(len(rows))]]
    columns += [] if rows.ids is None else [rows.ids.tolist()]
    columns += [] if rows.sequences is None else [rows.sequences.tolist()]
    return sorted(zip(*columns, strict=True), key=lambda row: row[0])


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(events(), st.integers(0, 4)), max_size=40),
    merges,
    st.lists(questions(), min_size=8, max_size=12),
)
def test_arrays_are_those_of_the_documents(
    sent: list[tuple[Document, int]], people: dict[str, str], asked: list[RowsQuestion]
) -> None:
    """In batches of which two are compacted, one after the other, and the rest are not yet."""
    kept = one_each([document for document, _ in sent])
    batch = {(d["tenant"], d["id"]): number for d, number in sent}
    with TemporaryDirectory() as folder:
        archived = Archived(Path(folder), people)
        for number in range(5):
            archived.receive([d for d in kept if batch[d["tenant"], d["id"]] == number])
            if number < 2:
                archived.compact()
        for tenant in TENANTS:
            twin = MemoryEventColumns(first_accepted(kept), people)
            for question in asked:
                assert seen(archived.columns.rows(tenant, question)) == seen(twin.rows(tenant, question))
                extent = archived.columns.extent(tenant, question.span)
                assert extent.events == twin.extent(tenant, question.span).events
            keys = [person_key(name) for name in ("p1", "p2", "p3", "p4", "known", "nobody")]
            assert archived.columns.actors(tenant, keys) == twin.actors(tenant, keys)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(events(), st.integers(0, 2)), max_size=30),
    merges,
    st.lists(st.tuples(tallies(), st.none() | segments()), min_size=8, max_size=12),
)
def test_tallies_are_those_of_the_documents(
    sent: list[tuple[Document, int]], people: dict[str, str], asked: list[tuple[Tally, Segment | None]]
) -> None:
    kept = one_each([document for document, _ in sent])
    batch = {(d["tenant"], d["id"]): number for d, number in sent}
    with TemporaryDirectory() as folder:
        archived = Archived(Path(folder), people)
        for number in range(3):
            archived.receive([d for d in kept if batch[d["tenant"], d["id"]] == number])
            if number == 0:
                archived.compact()
        twin = MemoryEventColumns(first_accepted(kept), people)
        for tally, segment in asked:
            ours, theirs = archived.columns.tally("acme", tally, segment), twin.tally("acme", tally, segment)
            assert _plain(ours) == _plain(theirs)
            if tally.field is not None:
                wanted = TimeRange(tally.edges[0], tally.edges[-1]), tally.filters, tally.field, 3, segment
                assert archived.columns.top_values("acme", *wanted) == twin.top_values("acme", *wanted)


def _plain(tallied: Tallied) -> list[Any]:
    assert tallied.exact
    return [
        (
            row.kind,
            row.key,
            [[(c.events, c.by_currency, c.sum, c.percentiles) for c in cells] for cells in (row.total, *row.buckets)],
        )
        for row in tallied.rows
    ]


def test_what_was_read_costs_no_reading_again() -> None:
    with TemporaryDirectory() as folder:
        archived = Archived(Path(folder))
        span = TimeRange(START, START + DAY)
        document = {"@timestamp": START, "sequence": 1, "tenant": "acme", "id": "e1", "action": "open"}
        archived.receive([document | {"actor": {"id": "p1"}}])
        waiting = archived.columns.reading_seconds("acme", span)
        assert waiting > 0
        archived.compact()
        of_a_day = archived.columns.reading_seconds("acme", span)
        assert 0 < of_a_day != waiting
        assert archived.columns.reading_seconds("acme", TimeRange(START + DAY, START + 2 * DAY)) == 0
        assert archived.columns.extent("acme", span).events == 1
        assert archived.columns.reading_seconds("acme", span) == 0
