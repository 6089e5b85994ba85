"""The same questions to memory and to a real node, and to SQL over the same events: the same answers."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise, product
from string import ascii_uppercase

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opensearchpy import OpenSearch
from touchline.adapters.memory.event_reports import MemoryEventReports
from touchline.adapters.opensearch import tally_queries
from touchline.adapters.opensearch.client import OrjsonSerializer
from touchline.adapters.opensearch.event_reports import OpenSearchEventReports
from touchline.adapters.opensearch.event_search import OpenSearchEventSearch
from touchline.adapters.opensearch.tally_queries import MOST_CURRENCIES
from touchline.domain.queries.buckets import boundaries
from touchline.domain.queries.cells import Cell, Part
from touchline.domain.queries.clock import zone_named
from touchline.domain.queries.fields import TEXT_FIELDS, groupable
from touchline.domain.queries.filters import Filter, make_filter
from touchline.domain.queries.intervals import parse_interval
from touchline.domain.queries.listing import EventsQuestion, cut_page, position_of
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.tally import Tallied, Tally
from touchline.errors import InvalidRequest
from touchline.ports import EventReports

from local.opensearch import Node
from tests.contract.reported_events import DAY, DAYS, START, index_events, make_events, remove_events

pytestmark = pytest.mark.search

EVENTS = make_events(1_500)
MEMORY = MemoryEventReports(EVENTS)
SPAN = TimeRange(START, START + DAYS * DAY)
BERLIN = zone_named("Europe/Berlin")

CONDITIONS: list[tuple[str, str, object]] = [
    ("action", "eq", "payment"),
    ("action", "not_in", ["payment", "email_sent"]),
    ("context.campaign", "missing", None),
    ("context.campaign", "prefix", "c1"),
    ("context.channel", "contains", "mai"),
    ("actor.id", "in", ["p1", "p2", "p3", "nobody"]),
    ("value.amount", "exists", None),
    ("value.amount", "gt", "12.34565"),
    ("value.amount", "gte", 0),
    ("value.amount", "lt", "40.00001"),
    ("value.amount", "lte", -0.1),
    ("value.currency", "ne", "EUR"),
    ("properties.plan", "eq", "pro"),
    ("properties.score", "exists", None),
    ("properties.score", "missing", None),
    ("properties.score", "gt", 0),
    ("properties.score", "lte", 1.5),
    ("properties.score", "eq", 7),
    ("properties.score", "eq", "7"),
    ("properties.vip", "eq", True),
    ("properties.vip", "gt", 0),
    ("properties.tag", "contains", "c*"),
    ("properties.tag", "prefix", "c*?"),
    ("properties.tag", "ne", "a"),
]
FILTERS = [make_filter(name, operator, value, "f") for name, operator, value in CONDITIONS]  # type: ignore[arg-type]
PARTS = [
    (Part("events"),),
    (Part("events", (FILTERS[0],)), Part("events", (FILTERS[1],))),
    (Part("actors"),),
    (Part("actors", (FILTERS[0],)), Part("actors")),
    (Part("amounts"),),
    (Part("numbers", key="score"),),
    (Part("amounts"), Part("actors")),
]
FIELDS = [
    *("action", "context.campaign", "context.channel", "value.currency", "actor.id"),
    *("properties.plan", "properties.tag", "properties.score", "properties.vip", "object.id"),
]


@pytest.fixture(scope="module")
def reports(search_node: Node) -> Iterator[OpenSearchEventReports]:
    index_events(search_node.url, EVENTS)
    client = OpenSearch(search_node.url, serializer=OrjsonSerializer())
    yield OpenSearchEventReports(OpenSearchEventSearch(client))
    client.close()
    remove_events(search_node.url)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    interval = parse_interval(draw(st.sampled_from(["15 minutes", "hour", "6 hours", "day", "week"])))
    start = START + draw(st.integers(-DAY // 1000, DAY // 1000)) * 1000
    end = start + draw(st.integers(1, 3 * DAY // 1000)) * 1000
    edges = boundaries(start, end, interval, BERLIN, "monday")
    filters = tuple(draw(st.lists(st.sampled_from(FILTERS), max_size=2)))
    field = draw(st.none() | st.sampled_from([groupable(name, "f") for name in FIELDS]))
    top = draw(st.integers(1, 5))
    listed = MEMORY.top_values("acme", TimeRange(start, end), filters, field, top).values if field else ()
    return Tally(tuple(edges), filters, draw(st.sampled_from(PARTS)), field, listed)


@settings(max_examples=20, deadline=None)
@given(tally=tallies())
def test_numbers_too_many_to_list_are_read_with_the_same_result(reports: EventReports, tally: Tally) -> None:
    asked = replace(tally, parts=(Part("numbers", key="score"),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tally_queries, "MOST_NUMBERS", 1)
        theirs, ours = reports.tally("acme", asked), MEMORY.tally("acme", asked)
    assert [_plain(row.total) for row in theirs.rows] == [_plain(row.total) for row in ours.rows]
    assert [[_plain(c) for c in row.buckets] for row in theirs.rows] == [
        [_plain(c) for c in row.buckets] for row in ours.rows
    ]


@settings(max_examples=120, deadline=None)
@given(tally=tallies())
def test_the_node_counts_what_looking_at_each_event_counts(reports: EventReports, tally: Tally) -> None:
    theirs, ours = reports.tally("acme", tally), MEMORY.tally("acme", tally)
    assert [(row.kind, row.key) for row in theirs.rows] == [(row.kind, row.key) for row in ours.rows]
    for their_row, our_row in zip(theirs.rows, ours.rows, strict=True):
        assert _plain(their_row.total) == _plain(our_row.total), their_row.kind
        assert [_plain(c) for c in their_row.buckets] == [_plain(c) for c in our_row.buckets], their_row.kind


@settings(max_examples=60, deadline=None)
@given(tally=tallies())
def test_a_total_is_the_sum_of_its_buckets_and_rows_add_up_to_the_whole(reports: EventReports, tally: Tally) -> None:
    tallied = reports.tally("acme", tally)
    for number, part in enumerate(tally.parts):
        if not part.adds_up:
            continue
        for row in tallied.rows:
            assert _size(row.total[number]) == sum(_size(cells[number]) for cells in row.buckets)
        if tally.field is not None and tally.field.name != "properties.tag":
            whole, *others = tallied.rows
            assert _size(whole.total[number]) == sum(_size(row.total[number]) for row in others)


@pytest.mark.parametrize("one", FILTERS, ids=lambda one: one.describe())
def test_each_filter_finds_the_same_events(reports: EventReports, one: Filter) -> None:
    question = EventsQuestion(SPAN, (one,), newest_first=False, limit=5_000, after=None)
    theirs, ours = reports.page("acme", question), MEMORY.page("acme", question)
    assert sorted(document["id"] for document in theirs) == sorted(document["id"] for document in ours)


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("filters", [(), (FILTERS[0],)], ids=["all", "payments"])
def test_the_same_values_are_on_top(reports: EventReports, name: str, filters: tuple[Filter, ...]) -> None:
    field = groupable(name, "f")
    theirs = reports.top_values("acme", SPAN, filters, field, 3)
    assert theirs == MEMORY.top_values("acme", SPAN, filters, field, 3)
    assert theirs.error_bound == 0


@pytest.mark.parametrize("newest_first", [True, False], ids=["newest first", "oldest first"])
@pytest.mark.parametrize("limit", [7, 100])
def test_pages_give_each_event_once_and_in_order(reports: EventReports, newest_first: bool, limit: int) -> None:  # noqa: FBT001
    seen = []
    after, more = None, True
    while more:
        page, more = cut_page(reports.page("acme", EventsQuestion(SPAN, (), newest_first, limit, after)), limit)
        seen += page
        after = position_of(page[-1])
    places = [(document["@timestamp"], document["sequence"]) for document in seen]
    assert places == sorted(places, reverse=newest_first)
    assert sorted(document["id"] for document in seen) == sorted(d["id"] for d in EVENTS if d["tenant"] == "acme")


def test_percentiles_are_near_the_exact_ones(reports: EventReports) -> None:
    percents = (5.0, 50.0, 95.0)
    for part in (
        Part("amount_percentiles", percents=percents),
        Part("number_percentiles", key="score", percents=percents),
    ):
        tally = Tally((SPAN.start, SPAN.end), (), (part,))
        theirs, ours = reports.tally("acme", tally), MEMORY.tally("acme", tally)
        for (group, found), (our_group, exact) in zip(_percentiles(theirs), _percentiles(ours), strict=True):
            assert group == our_group
            spread = 900_000 if group else 14
            assert found == pytest.approx(exact, abs=0.03 * spread)


def test_the_schema_is_the_same(reports: EventReports) -> None:
    fields = [name for name in TEXT_FIELDS if name != "actor.email_hash"]
    assert reports.field_uses("acme", SPAN, fields, 5) == MEMORY.field_uses("acme", SPAN, fields, 5)
    uses, complete = reports.property_uses("acme", SPAN, 3)
    assert complete
    assert uses == MEMORY.property_uses("acme", SPAN, 3)[0]
    assert reports.actions("acme", SPAN) == MEMORY.actions("acme", SPAN)
    newest, exact = reports.newest("acme", SPAN), MEMORY.newest("acme", SPAN)
    assert newest == exact


def test_a_tenant_without_events_gets_zeros_from_days_that_do_not_exist(reports: EventReports) -> None:
    long_ago = TimeRange(START - 900 * DAY, START - 898 * DAY)
    tally = Tally((long_ago.start, long_ago.end), (), (Part("events"), Part("actors")), groupable("action", "f"))
    for tenant, span in (("acme", long_ago), ("nobody", long_ago), ("nobody", SPAN)):
        asked = Tally((span.start, span.end), (), tally.parts, tally.field)
        assert [_plain(row.total) for row in reports.tally(tenant, asked).rows] == [[(0, (), 0), (0, (), 0)]] * 3
        assert reports.newest(tenant, span) is None
        assert reports.property_uses(tenant, span, 3) == ([], True)


def test_more_currencies_than_can_be_told_are_refused_and_some_of_them_answered(
    reports: EventReports, search_node: Node
) -> None:
    codes = ["".join(letters) for letters in islice(product(ascii_uppercase, repeat=3), MOST_CURRENCIES + 200)]
    paid = next(event for event in EVENTS if "value" in event)
    rich = [
        paid
        | {"tenant": "rich", "id": f"e{n}", "value": {"amount_e4": n, "currency": code}, "context": {"campaign": code}}
        for n, code in enumerate(codes)
    ]
    index_events(search_node.url, rich)
    campaign = groupable("context.campaign", "f")
    for part in (Part("amounts"), Part("amount_percentiles", percents=(50,))):
        tally = Tally((SPAN.start, SPAN.end), (), (part,), campaign, (codes[-1], codes[-2]))
        with pytest.raises(InvalidRequest, match=r"value\.currency"):
            reports.tally("rich", tally)
        some = make_filter("value.currency", "prefix", "AA", "f")
        answered = reports.tally("rich", replace(tally, filters=(some,)))
        whole = answered.rows[0].total[0]
        assert len(whole.by_currency or whole.percentiles) == 26


def test_two_tenants_with_the_same_ids_never_meet(reports: EventReports) -> None:
    for tenant in ("acme", "other"):
        page = reports.page(tenant, EventsQuestion(SPAN, (), True, 5_000, None))
        assert {document["tenant"] for document in page} == {tenant}
        assert len(page) == 1_500


@pytest.mark.parametrize("interval", ["hour", "6 hours", "day"])
def test_a_series_broken_down_is_what_sql_says(reports: EventReports, interval: str) -> None:
    """An engine that shares no line with ours buckets and counts the same events."""
    edges = boundaries(SPAN.start, SPAN.end, parse_interval(interval), BERLIN, "monday")
    rows = [(d["@timestamp"], d["context"].get("campaign"), d["actor"]["id"]) for d in EVENTS if d["tenant"] == "acme"]
    engine = duckdb.connect()
    engine.execute("CREATE TABLE events (moment BIGINT, campaign TEXT, actor TEXT)")
    engine.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
    wall = "timezone('Europe/Berlin', make_timestamptz(moment * 1000))"
    apart = f"{wall} - timezone('UTC', make_timestamptz(moment * 1000))" if interval == "hour" else "0"
    length = interval if interval[0].isdigit() else f"1 {interval}"
    bucket = f"time_bucket(INTERVAL '{length}', {wall}, TIMESTAMP '2000-01-01')"
    expected = engine.execute(f"""
        WITH top AS (SELECT campaign FROM events WHERE campaign IS NOT NULL
                     GROUP BY 1 ORDER BY count(*) DESC, campaign LIMIT 3)
        SELECT CASE WHEN campaign IS NULL THEN 'absent' WHEN campaign IN (FROM top) THEN campaign ELSE 'other' END,
               {bucket} AS bucket, {apart} AS apart, count(*), count(DISTINCT actor), min(moment)
        FROM events GROUP BY 1, 2, 3
    """).fetchall()
    field = groupable("context.campaign", "f")
    top = reports.top_values("acme", SPAN, (), field, 3)
    tallied = reports.tally("acme", Tally(tuple(edges), (), (Part("events"), Part("actors")), field, top.values))
    found = {
        (str(row.key or row.kind), start): (cells[0].events, cells[1].events)
        for row in tallied.rows[1:]
        for start, cells in zip(edges, row.buckets, strict=False)
        if cells[0].events
    }
    theirs = {}
    for row, _, _, events, people, earliest in expected:
        start = next(a for a, b in pairwise(edges) if a <= earliest < b)
        theirs[row, start] = (events, people)
    assert found == theirs


def _plain(cells: tuple[Cell, ...]) -> list[tuple[object, ...]]:
    return [(cell.events, cell.by_currency, pytest.approx(cell.sum.total) if cell.sum.number else 0) for cell in cells]


def _size(cell: Cell) -> float:
    """Anything but zero changes it, so that two things cannot make up for each other unseen."""
    money = sum(one.total + 7 * one.number for _, one in cell.by_currency)
    return round(cell.events + money + cell.sum.total + 7 * cell.sum.number, 6)


def _percentiles(tallied: Tallied) -> list[tuple[str, tuple[float | None, ...]]]:
    return list(tallied.rows[0].total[0].percentiles)
