"""An answer that is given again is the one that would be computed now: late events and merges are never missed."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from query_api.kinds import KINDS
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.domain.queries.clock import DAY
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.rows import RowsQuestion
from touchline.domain.tenancy import Tenant
from touchline.services.remember_answers import LARGEST_BYTES, MOST_ANSWERS, RememberedAnswers
from touchline.services.sources import Sources, Unhurried

START = 1_795_132_800_000  # 2026-11-20T00:00:00Z in epoch ms
NOW = START + 9 * DAY
ACME = Tenant("acme", "Acme", "hash", b"k" * 32, 100, "UTC", "monday", 0)
SPAN = {"from": "2026-11-20", "to": "2026-11-22"}
OPENED, CLICKED = ({"filters": [{"field": "action", "value": value}]} for value in ("open", "click"))
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("funnel", SPAN | {"steps": [OPENED, CLICKED], "window": "1 day"}),
    ("funnel", SPAN | {"steps": [OPENED, CLICKED], "window": "3 days", "segment": {"conditions": [CLICKED]}}),
    ("retention", SPAN | {"interval": "day", "periods": 3}),
    ("paths", SPAN),
]


class Quiet:
    """The other sources: whoever asks them gets nothing."""

    def actions(self, tenant: str, span: TimeRange) -> list[str]:
        return []


def sources(columns: MemoryEventColumns) -> Sources:
    quiet: Any = Quiet()
    others: Any = dict.fromkeys(Sources.__slots__, quiet)
    return Sources(**others | {"columns": columns})


def remembered() -> RememberedAnswers:
    return RememberedAnswers(orjson.dumps, orjson.loads)


def ask(kept: RememberedAnswers, made: Sources, name: str, body: dict[str, Any], now: int) -> tuple[Any, Any, bool]:
    """As remembered, as computed anew, and whether it was computed for us."""
    kind = KINDS[name]
    question = kind.body.model_validate(body)
    told, at = kept.answer(
        (name, repr(body)), ACME.id, made, now, lambda watched: kind.answer(question, ACME, watched, now, Unhurried())
    )
    anew = orjson.loads(orjson.dumps(kind.answer(question, ACME, made, now, Unhurried())))
    return orjson.loads(orjson.dumps(told)) | {"as_of": ""}, anew | {"as_of": ""}, at == now


def event(number: int, at: int, action: str, actor: str) -> dict[str, Any]:
    return {
        "_id": f"e{number}",
        "id": f"e{number}",
        "tenant": "acme",
        "@timestamp": at,
        "sequence": number,
        "action": action,
        "actor": {"id": actor},
    }


ACTORS = st.sampled_from(["a", "b", "c", "d"])
EVENTS = st.tuples(
    st.just("event"),
    st.integers(0, 8 * DAY).map(lambda after: START - DAY + after),
    st.sampled_from(["open", "click"]),
    ACTORS,
)
STEPS = st.one_of(
    EVENTS,
    st.tuples(st.just("merge"), ACTORS, ACTORS),
    st.tuples(st.just("ask"), st.sampled_from(QUESTIONS)),
    st.tuples(st.just("wait"), st.integers(1, 3 * DAY)),
)


@given(st.lists(STEPS, max_size=40), st.lists(EVENTS, max_size=20))
def test_whatever_happens_in_between_the_answer_is_that_of_now(steps: list[Any], first: list[Any]) -> None:
    columns, kept, now = MemoryEventColumns(), remembered(), START + DAY
    made = sources(columns)
    for number, step in enumerate([*first, *steps]):
        match step:
            case ("event", at, action, actor):
                columns.documents.append(event(number, at, action, actor))
            case ("merge", actor, person):
                columns.people = {**columns.people, actor: person} if actor != person else {}
            case ("wait", passing):
                now += passing
            case (_, (name, body)):
                columns.as_of = now
                told, anew, _ = ask(kept, made, name, body, now)
                assert told == anew


def test_what_is_over_is_computed_once_until_a_late_event_or_a_merge() -> None:
    columns, kept = MemoryEventColumns(), remembered()
    made = sources(columns)
    columns.as_of = NOW
    columns.documents = [
        event(n, START + n * 1_000, "open" if n % 2 else "click", actor) for n, actor in enumerate("abcab" * 4)
    ]
    for name, body in QUESTIONS:
        assert ask(kept, made, name, body, NOW)[2]
        assert not ask(kept, made, name, body, NOW + 1)[2]
        columns.documents.append(event(100 + len(columns.documents), START + 5, "open", "late"))
        assert ask(kept, made, name, body, NOW + 2)[2]
        columns.people = {**columns.people, "late": f"x{len(columns.people)}", f"y{len(columns.people)}": "z"}
        assert ask(kept, made, name, body, NOW + 3)[2]
        assert not ask(kept, made, name, body, NOW + 4)[2]
        columns.documents.append(event(100 + len(columns.documents), START - 300 * DAY, "open", "late"))
        assert not ask(kept, made, name, body, NOW + 5)[2]


def test_what_time_alone_changes_is_not_remembered() -> None:
    columns, kept = MemoryEventColumns([event(1, START, "open", "a"), event(2, START + 1, "click", "a")]), remembered()
    columns.as_of = START + 2 * DAY  # the range is over; the window of who began in it is not
    name, body = QUESTIONS[0]
    assert ask(kept, sources(columns), name, body, NOW)[2]
    assert ask(kept, sources(columns), name, body, NOW + 1)[2]


def test_what_read_anything_but_events_of_a_stretch_is_not_remembered() -> None:
    columns, kept = MemoryEventColumns(), remembered()
    columns.as_of = NOW
    made, span = sources(columns), TimeRange(START, START + DAY)

    def solve(then: Any) -> Any:
        def answer(watched: Sources) -> dict[str, Any]:
            watched.columns.extent("acme", span)
            then(watched)
            return {}

        return answer

    for number, touch in enumerate(
        (
            lambda watched: watched.reports.actions("acme", span),
            lambda watched: watched.columns.actors("acme", [1]),
            lambda watched: columns.documents.append(event(1, START, "open", "a")),
        )
    ):
        for moment in (NOW, NOW + 1):
            columns.documents = []
            assert kept.answer(number, "acme", made, moment, solve(touch))[1] == moment
    plain = solve(lambda watched: watched.columns.rows("acme", RowsQuestion(span)))
    columns.documents = []
    assert kept.answer("plain", "acme", made, NOW, plain)[1] == NOW
    assert kept.answer("plain", "acme", made, NOW + 1, plain)[1] == NOW


def test_memory_is_bounded_and_nobody_changes_anothers_answer() -> None:
    columns, kept = MemoryEventColumns(), remembered()
    columns.as_of = NOW
    made, span = sources(columns), TimeRange(START, START + DAY)

    def solve(size: int) -> Any:
        def answer(watched: Sources) -> dict[str, Any]:
            watched.columns.extent("acme", span)
            return {"text": "x" * size}

        return answer

    kept.answer("large", "acme", made, NOW, solve(LARGEST_BYTES))
    assert kept.answer("large", "acme", made, NOW + 1, solve(1))[1] == NOW + 1
    for number in range(MOST_ANSWERS + 1):
        kept.answer(number, "acme", made, NOW, solve(1))
    assert kept.answer(0, "acme", made, NOW + 1, solve(1))[1] == NOW + 1
    facts, at = kept.answer(MOST_ANSWERS, "acme", made, NOW + 1, solve(1))
    assert at == NOW
    facts["text"] = "changed"
    assert kept.answer(MOST_ANSWERS, "acme", made, NOW + 1, solve(1))[0] == {"text": "x"}
