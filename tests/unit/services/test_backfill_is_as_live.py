"""A goal's past as a backfill computes it and as changes of everybody give it: the same documents."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from touchline.adapters.memory.conversions import MemoryConversionStore, MemoryPersonEvents
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.adapters.memory.progress import MemoryProgress
from touchline.adapters.memory.workflows import MemoryWorkflows
from touchline.domain.goals import Goal
from touchline.domain.identity import Claim
from touchline.domain.queries.filters import make_filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.rows import EventRows, RowsQuestion
from touchline.services.attribute_people import AttributionParts, Task, attribute_people
from touchline.services.backfill_goal import Backfilling, attribute_part, finish_backfill, plan_backfill
from touchline.services.people_to_backfill import BEHIND_MS, ENTERED, FRESH_MS
from touchline.services.start_backfill import begin_backfill

type Document = dict[str, Any]

NOW = 1_795_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR
KEPT_FROM = NOW - 30 * HOUR
SPAN = TimeRange(KEPT_FROM, NOW)
ACTORS = "abcd"
BOUGHT = make_filter("action", "eq", "bought", "x")
SENT = make_filter("action", "eq", "email_sent", "x")
LARGE = make_filter("value.amount", "gte", 1, "x")
CHEAP = make_filter("value.amount", "missing", None, "x")
GOAL = Goal("g1", 1, "Bought", ((BOUGHT,),), touch_actions=("opened",), conversion_window_ms=9 * HOUR)
GOALS = [
    GOAL,
    replace(GOAL, counted="once", criteria=((BOUGHT, LARGE),)),
    # Entries that are conversions: what else an event says decides, so that nothing may be left out of it.
    replace(GOAL, criteria=((SENT, CHEAP), (BOUGHT, LARGE))),
]
CONTEXTS: list[dict[str, str]] = [
    {},
    {"campaign": "spring"},
    {"campaign": "spring", "journey": "hello", "channel": "direct"},
    {"segment": "spring", "campaign": "autumn"},
]


@st.composite
def histories(draw: st.DrawFn) -> list[Document]:
    """Few people and few moments, so that times, sequences and ids tie; some come again, on another day."""
    documents = {}
    same: dict[str, Document] = {}
    for number in range(draw(st.integers(1, 16))):
        at = NOW + HOUR * draw(st.integers(-34, 0))
        one: Document = {
            "_id": f"e{draw(st.integers(0, 11))}",
            "@timestamp": at,
            "sequence": draw(st.integers(1, 3)),
            "tenant": "acme",
            "id": f"client-{number}",
            "action": draw(st.sampled_from(["bought", "opened", "email_sent", "campaign_entered", "other"])),
            "actor": {"id": draw(st.sampled_from(ACTORS))},
        }
        if context := draw(st.sampled_from(CONTEXTS)):
            one["context"] = context
        if draw(st.booleans()):
            one["value"] = {"amount_e4": draw(st.sampled_from([1, 10_000])), "currency": "EUR"}
        first = same.setdefault(one["_id"], one)
        documents[one["_id"], at // DAY] = first | {"@timestamp": at, "sequence": one["sequence"]}
    return list(documents.values())


class Columns(MemoryEventColumns):
    """Whose people are others once rows were read."""

    soon: Mapping[str, str]

    def rows(self, tenant: str, question: RowsQuestion) -> EventRows:
        found = super().rows(tenant, question)
        self.people = dict(self.soon)
        return found


def identities(people: Mapping[str, str]) -> MemoryIdentities:
    kept = MemoryIdentities()
    kept.claim("acme", [Claim(actor, known, "identify", NOW, 1, "e0") for actor, known in people.items()])
    return kept


def live(
    store: MemoryConversionStore,
    documents: list[Document],
    people: Mapping[str, str],
    goal: Goal,
    now: int = NOW,
    kept_from: int = KEPT_FROM,
    actors: Iterable[str] = ACTORS,
) -> None:
    parts = AttributionParts(identities(people), MemoryPersonEvents(indexed(documents, kept_from)), store)
    attribute_people(parts, Task("acme", [goal], now, kept_from), dict.fromkeys(actors, 0))


def backfilled(
    store: MemoryConversionStore,
    documents: list[Document],
    people: Mapping[str, str],
    goal: Goal,
    *,
    span: TimeRange = SPAN,
    behind_ms: int = 0,
    soon: Mapping[str, str] | None = None,
) -> None:
    who = identities(people)
    columns = Columns(archived(documents), who.merged("acme"))
    columns.as_of, columns.soon = NOW - behind_ms, who.merged("acme") if soon is None else soon
    parts = AttributionParts(who, MemoryPersonEvents(indexed(documents)), store)
    goals, progress, workflows = MemoryGoals(), MemoryProgress(), MemoryWorkflows()
    goals.add("acme", goal)
    work = Backfilling(goals, columns, progress, parts, lambda: NOW, KEPT_FROM)
    begin_backfill(progress, workflows, "acme", goal, span, kept=span, run="r1", now=NOW)
    (told,) = workflows.started.values()
    for part in plan_backfill(work, told)["parts"]:
        attribute_part(work, part)
    assert finish_backfill(work, told, [])["state"] == "done"


def indexed(documents: list[Document], kept_from: int = KEPT_FROM) -> list[Document]:
    return [one for one in documents if one["@timestamp"] >= kept_from]


def archived(documents: list[Document]) -> list[Document]:
    """Kept longer than by the search store; of an id's versions the one accepted first."""
    kept = sorted(indexed(documents), key=lambda one: (one["sequence"], one["@timestamp"]), reverse=True)
    return list({one["_id"]: one for one in [*documents, *kept]}.values())


def facts(store: MemoryConversionStore) -> dict[Any, Any]:
    return {
        place: {name: value for name, value in one.items() if name != "computed_at"}
        for place, one in store.documents.items()
    }


merges = st.dictionaries(st.sampled_from("abc"), st.sampled_from("cd"), max_size=3)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(), merges, st.sampled_from(GOALS), st.sampled_from([0, 2 * FRESH_MS]))
def test_a_backfill_gives_what_changes_of_everybody_give(
    documents: list[Document], people: dict[str, str], goal: Goal, behind_ms: int
) -> None:
    ours, theirs = MemoryConversionStore(), MemoryConversionStore()
    backfilled(ours, documents, people, goal, behind_ms=behind_ms)
    live(theirs, documents, people, goal)
    assert facts(ours) == facts(theirs)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(), histories(), merges, merges, st.sampled_from(GOALS))
def test_what_was_stored_before_is_brought_in_line_as_changes_bring_it(
    before: list[Document],
    documents: list[Document],
    were: dict[str, str],
    people: dict[str, str],
    goal: Goal,
) -> None:
    """Other events, other merges, and entries whose events have left the search store since."""
    ours, theirs = MemoryConversionStore(), MemoryConversionStore()
    for store in (ours, theirs):
        live(store, before, were, goal, NOW - HOUR, KEPT_FROM - 5 * HOUR)
    backfilled(ours, documents, people, goal)
    live(theirs, documents, people, goal, actors=concerned(documents, people, goal))
    assert facts(ours) == facts(theirs)


def concerned(documents: list[Document], people: Mapping[str, str], goal: Goal) -> set[str]:
    """Persons with one of the goal's events or an entry: a backfill is about them."""
    columns = MemoryEventColumns(archived(documents), identities(people).merged("acme"))
    question = RowsQuestion(TimeRange(KEPT_FROM, NOW + HOUR), criteria=(*goal.criteria, ENTERED))
    keys = columns.rows("acme", question).people.tolist()
    return {actors[0] for actors in columns.actors("acme", keys).values()}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(), merges, st.sampled_from(GOALS), st.sampled_from([-24, -16, -3]), st.integers(1, 30))
def test_of_a_range_its_people_are_computed_whole(
    documents: list[Document], people: dict[str, str], goal: Goal, start: int, hours: int
) -> None:
    """Each document is the one that changes give, and none of a person with an entry in the range is missing."""
    span = TimeRange(NOW + start * HOUR, min(NOW - 1, NOW + (start + hours) * HOUR))
    ours, theirs = MemoryConversionStore(), MemoryConversionStore()
    backfilled(ours, documents, people, goal, span=span)
    live(theirs, documents, people, goal)
    found, expected = facts(ours), facts(theirs)
    computed = {one["person"] for one in found.values()}
    assert found == {place: one for place, one in expected.items() if one["person"] in computed}
    assert computed >= {one["person"] for one in expected.values() if span.start <= one["@timestamp"] < span.end}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(), merges, merges)
def test_nothing_is_written_of_whom_a_person_no_longer_is(
    documents: list[Document], were: dict[str, str], people: dict[str, str]
) -> None:
    """The change of who is who was computed already, and found nothing that it had to delete."""
    only_entries = [one for one in documents if one["action"] != "bought"]
    ours, theirs = MemoryConversionStore(), MemoryConversionStore()
    backfilled(ours, only_entries, were, GOAL, soon=identities(people).merged("acme"))
    live(theirs, only_entries, people, GOAL)
    assert facts(ours).keys() <= facts(theirs).keys()


def entry(number: int, hours_ago: int) -> Document:
    return {
        "_id": f"e{number}",
        "@timestamp": NOW - hours_ago * HOUR,
        "sequence": number,
        "tenant": "acme",
        "id": str(number),
        "action": "email_sent",
        "actor": {"id": "a"},
        "context": {"campaign": "spring"},
    }


def test_what_was_computed_since_the_archive_was_read_stays() -> None:
    """A live change reads later: its documents win although they are written first."""
    earlier, later = entry(0, 6), entry(1, 5)
    for behind, stays in ((-1, True), (1, False)):
        store = MemoryConversionStore()
        live(store, [earlier, later], {}, GOAL, NOW - BEHIND_MS - behind)
        backfilled(store, [later], {}, GOAL)
        (member,) = facts(store).values()
        assert (member["event"] == "e0") == stays
