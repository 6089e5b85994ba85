"""Answers about events in memory, and the lists behind their numbers."""

from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import strategies as st
from query_api.kind import Kind
from query_api.kinds import KINDS
from touchline.adapters.memory.conversion_reports import MemoryConversionReports
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.adapters.memory.event_reports import MemoryEventReports
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.progress import MemoryProgress
from touchline.adapters.memory.spend_sheets import MemorySpendSheets
from touchline.domain.queries.clock import DAY
from touchline.domain.tenancy import Tenant
from touchline.services.freshness import Freshness
from touchline.services.sources import Sources, Unhurried

START = 1_792_792_800_000  # 2026-10-24 in Berlin, whose next day has 25 hours
NOW = START + 5 * DAY  # after the range, while windows are still open
HOUR = 3_600_000
ACME = Tenant("acme", "Acme", "hash", b"k" * 32, 100, "Europe/Berlin", "monday", 0)
ACTIONS = ("sent", "opened", "payment")
RANGE = {"from": "2026-10-24", "to": "2026-10-28"}


def sources_of(documents: Iterable[dict[str, Any]], people: Mapping[str, str] | None = None) -> Sources:
    columns, reports, progress = MemoryEventColumns(documents, people), MemoryEventReports(), MemoryProgress()
    columns.as_of, reports.documents = NOW, columns.documents
    made = MemoryGoals(), MemorySpendSheets(), MemoryConversionReports()
    return Sources(reports, Freshness(progress), columns, *made, progress)


def ask(sources: Sources, kind: str, now: int = NOW, **body: Any) -> dict[str, Any]:
    asked: Kind[Any] = KINDS[kind]
    answer = asked.answer(asked.body.model_validate(RANGE | body), ACME, sources, now, Unhurried())
    asked.shape.model_validate(answer)  # as its description says
    assert all(len(row) == len(table.columns) for table in asked.tables(answer) for row in table.rows)
    return answer


def listed(sources: Sources, kind: str, cell: dict[str, Any], **body: Any) -> list[str]:
    """All pages of the list behind a number; each person once."""
    people, cursor = [], None
    while True:
        question = {"kind": kind, "question": RANGE | body, "cell": cell, "limit": 2, "cursor": cursor}
        asked = KINDS["people"]
        answer = asked.answer(asked.body.model_validate(question), ACME, sources, NOW, Unhurried())
        people += [one["id"] for one in answer["people"]]
        cursor = answer["next"]
        if cursor is None:
            assert len(people) == len(set(people)) == answer["number"]
            return people


def does(action: str) -> list[dict[str, Any]]:
    return [{"field": "action", "value": action}]


def document(
    number: int, at: int, actor: str, action: str, campaign: str | None, tags: Iterable[str]
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "@timestamp": at,
        "sequence": number,
        "tenant": "acme",
        "id": f"e{number}",
        "action": action,
        "actor": {"id": actor},
        "properties": [f"tag={tag}" for tag in tags],
    }
    return made | ({"context": {"campaign": campaign}} if campaign else {})


@st.composite
def documents(draw: st.DrawFn, most: int = 14) -> list[dict[str, Any]]:
    """Of four actors, within six days up to now; some at the same moment."""
    one = st.tuples(
        st.integers(-24, 5 * 24 - 1).map(lambda hour: START + hour * HOUR),
        st.sampled_from(["p1", "p2", "p3", "p4"]),
        st.sampled_from(ACTIONS),
        st.sampled_from([None, "spring", "autumn"]),
        st.sets(st.sampled_from(["a", "b"])),
    )
    return [document(number, *facts) for number, facts in enumerate(draw(st.lists(one, max_size=most)))]
