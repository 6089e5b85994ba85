"""The same questions about conversions and memberships to memory and to a real node: the same answers."""

from collections.abc import Iterator

import numpy as np
import orjson
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from opensearchpy import OpenSearch
from touchline.adapters.memory.conversion_reports import MemoryConversionReports
from touchline.adapters.opensearch import conversion_queries
from touchline.adapters.opensearch.attributed_templates import conversion_template, membership_template
from touchline.adapters.opensearch.client import OrjsonSerializer
from touchline.adapters.opensearch.conversion_reports import OpenSearchConversionReports
from touchline.adapters.opensearch.event_search import OpenSearchEventSearch
from touchline.domain.attributed import COLUMNS, Attributed, adds_up, value_key
from touchline.domain.attribution import CreditRules
from touchline.domain.queries.attributed import AttributedQuestion, CohortQuestion, ConversionPage, ConversionsOf
from touchline.domain.queries.fields import groupable
from touchline.domain.queries.filters import make_filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.recredited import PARTS, Recredited, Recrediting
from touchline.errors import TooManyValues
from touchline.ports import ConversionReports

from local.opensearch import Node
from tests.attributed_documents import DAY, DAYS, GOALS, START, attributed, make_events

pytestmark = pytest.mark.search

DOCUMENTS = attributed(make_events(120)) + attributed(make_events(60, seed=6, tenant="other"))
MEMORY = MemoryConversionReports(DOCUMENTS)
SPAN = TimeRange(START, START + DAYS * DAY)
FIELDS = [
    *("context.campaign", "context.channel", "action", "actor.type", "object.id"),
    *("properties.tag", "properties.score", "properties.vip"),
]
FILTERS = [
    (),
    (make_filter("context.channel", "eq", "email", "f"),),
    (make_filter("value.amount", "gt", "12.5", "f"), make_filter("context.campaign", "exists", None, "f")),
]
EDGES = st.lists(st.integers(START, START + DAYS * DAY), min_size=2, max_size=6, unique=True).map(sorted).map(tuple)


@pytest.fixture(scope="module")
def store(search_node: Node) -> Iterator[ConversionReports]:
    url = search_node.url
    templates = {"conversions": conversion_template(0), "memberships": membership_template(0)}
    for name, template in templates.items():
        requests.put(f"{url}/_index_template/{name}", json=template, timeout=30).raise_for_status()
    lines = [
        orjson.dumps({"index": {"_index": one["_index"], "_id": one["_id"]}})
        + b"\n"
        + orjson.dumps({name: part for name, part in one.items() if not name.startswith("_")})
        + b"\n"
        for one in DOCUMENTS
    ]
    headers = {"content-type": "application/x-ndjson"}
    answer = requests.post(f"{url}/_bulk?refresh=true", data=b"".join(lines), headers=headers, timeout=60).json()
    assert not answer["errors"], next(item for item in answer["items"] if item["index"].get("error"))
    yield OpenSearchConversionReports(OpenSearchEventSearch(OpenSearch(url, serializer=OrjsonSerializer())))
    requests.delete(f"{url}/conversions-*,memberships", timeout=30).raise_for_status()


def told(found: Attributed) -> tuple[object, object]:
    """In one order; sums of nothing are not told."""
    return (
        sorted((one.bucket, str(one.currency), value_key(one.value), one.touches, one.counts, one.values)
               for one in found.touched if one.touches),
        sorted((one.bucket, str(one.currency), one.conversions, one.amount_e4, one.unattributed, one.unattributed_e4)
               for one in found.wholes),
    )  # fmt: skip


@settings(max_examples=60)
@given(st.sampled_from(GOALS), EDGES, st.sampled_from(FIELDS), st.sampled_from(FILTERS), st.booleans())
def test_touches_come_to_the_same(
    store: ConversionReports, goal: object, edges: object, field: str, filters: object, values: bool  # noqa: FBT001
) -> None:  # fmt: skip
    of = ConversionsOf(goal.id, goal.version, TimeRange(edges[0], edges[-1]), filters)  # type: ignore[attr-defined,index,arg-type]
    question = AttributedQuestion(of, edges, groupable(field, "dimension"), COLUMNS, values)  # type: ignore[arg-type]
    found = store.attributed("acme", question)
    assert told(found) == told(MEMORY.attributed("acme", question))
    if not field.startswith("properties.tag"):
        assert adds_up(found)


@pytest.mark.parametrize("listed", [("c0", None, "c5"), ("c1",), (None,), ("nothing",)])
def test_only_listed_values_are_told(store: ConversionReports, listed: tuple[str | None, ...]) -> None:
    of = ConversionsOf("purchase", 1, SPAN)
    edges = tuple(range(SPAN.start, SPAN.end + 1, DAY))
    question = AttributedQuestion(of, edges, groupable("context.campaign", "d"), ("linear",), True, listed)
    found = store.attributed("acme", question)
    assert told(found) == told(MEMORY.attributed("acme", question))
    assert {one.value for one in found.touched} <= set(listed)


def test_values_with_several_in_a_touch_do_not_add_up(store: ConversionReports) -> None:
    question = AttributedQuestion(
        ConversionsOf("purchase", 1, SPAN), (SPAN.start, SPAN.end), groupable("properties.tag", "")
    )
    assert not adds_up(store.attributed("acme", question))


@pytest.mark.parametrize("reports", ["store", "memory"])
def test_pages_hold_every_conversion_once(store: ConversionReports, reports: str) -> None:
    asked = store if reports == "store" else MEMORY
    of = ConversionsOf("purchase", 1, SPAN)
    pages, after = [], None
    while page := asked.page("acme", ConversionPage(of, 7, after)):
        pages += page
        after = page[-1]["@timestamp"], page[-1]["event"]
    bare = [{name: part for name, part in one.items() if name != "_index"} for one in pages]
    wanted = [
        one for one in DOCUMENTS if (one["tenant"], one.get("goal"), "kind" in one) == ("acme", "purchase", False)
    ]
    wanted.sort(key=lambda one: (one["@timestamp"], one["event"]))
    assert bare == [{name: part for name, part in one.items() if name != "_index"} for one in wanted]


@pytest.mark.parametrize("field", ["context.campaign", "properties.tag"])
def test_credit_is_computed_anew_from_parts_as_from_whole_documents(store: ConversionReports, field: str) -> None:
    of = ConversionsOf("purchase", 1, SPAN)
    part = "touches.properties" if field.startswith("properties.") else f"touches.{field}"
    found = []
    for page in (
        store.page("acme", ConversionPage(of, 1_000, None, (*PARTS, part))),
        MEMORY.page("acme", ConversionPage(of, 1_000)),
    ):
        sums = Recredited(Recrediting(groupable(field, "f"), CreditRules(DAY, ("email",)), 2 * DAY))
        for document in page:
            sums.add(0, document)
        found.append(told(sums.found()))
        assert any(not document["touches"] for document in page)
    assert found[0] == found[1]


def test_a_conversion_is_found_by_its_tenant_alone(store: ConversionReports) -> None:
    one = next(one for one in DOCUMENTS if one["tenant"] == "acme" and "kind" not in one)
    found = store.get("acme", one["_id"])
    assert found is not None
    assert found["event"] == one["event"]
    assert store.get("other", one["_id"]) is None
    assert store.get("acme", "none") is None


COHORTS = st.builds(
    CohortQuestion,
    st.just("campaign"),
    st.lists(st.sampled_from(["c0", "c1", "c2", "c9"]), min_size=1, unique=True).map(tuple),
    EDGES,
    st.sampled_from(["purchase", "first_purchase"]),
    st.just(1),
    st.integers(START - DAY, START + (DAYS + 1) * DAY),
    st.none() | st.integers(0, 5 * DAY),
)


@settings(max_examples=60)
@given(COHORTS)
def test_cohorts_are_the_same(store: ConversionReports, question: CohortQuestion) -> None:
    found, wanted = store.cohorts("acme", question), MEMORY.cohorts("acme", question)
    assert found.keys() == wanted.keys()
    for value, one in found.items():
        assert one.sizes.tolist() == wanted[value].sizes.tolist()
        pairs = [sorted(zip(some.buckets, some.ages, strict=True)) for some in (one, wanted[value])]
        assert np.array_equal(*pairs)
        for converted in (False, True):
            rows, wanted_rows = (asked.members("acme", question, converted=converted) for asked in (store, MEMORY))
            assert [(row["person"], row["value"]) for row in rows] == [
                (row["person"], row["value"]) for row in wanted_rows
            ]
            own = sum(row["value"] == value for row in rows)
            assert own == (len(one.ages) if converted else one.sizes.sum())


def test_more_values_than_can_be_told_are_refused(store: ConversionReports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion_queries, "MOST_VALUES", 3)
    of = ConversionsOf("purchase", 1, SPAN)
    question = AttributedQuestion(of, (SPAN.start, SPAN.end), groupable("context.campaign", "dimension"))
    with pytest.raises(TooManyValues) as raised:
        store.attributed("acme", question)
    assert raised.value.field == "dimension"
