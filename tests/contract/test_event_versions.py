"""The version of a stretch of time changes with what is in it, in memory and over an archive."""

from collections.abc import Callable
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
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.rows import EventRows, RowsQuestion
from touchline.ports import EventColumns

from tests.unit.services.archiving import RecordingIndex, archive_lines, compact

START = 1_795_132_800_000  # 2026-11-20T00:00:00Z in epoch ms
DAY = 86_400_000
SPANS = [TimeRange(START + first * DAY, START + last * DAY) for first, last in ((0, 1), (1, 3), (0, 3))]


def document(number: int, day: int, actor: str) -> dict[str, Any]:
    return {
        "@timestamp": START + day * DAY + number % 3,
        "sequence": number,
        "tenant": "acme",
        "id": f"e{number % 40}",
        "action": "open",
        "actor": {"id": actor},
    }


def seen(rows: EventRows) -> list[Any]:
    assert rows.ids is not None
    return sorted(zip(rows.people.tolist(), rows.at.tolist(), rows.ids.tolist(), strict=True))


def watch(columns: EventColumns) -> Callable[[], None]:
    """Whenever what a stretch holds has changed, its version has."""
    last: dict[TimeRange, tuple[str, list[Any]]] = {}

    def look() -> None:
        for span in SPANS:
            version = columns.version("acme", span)
            found = seen(columns.rows("acme", RowsQuestion(span, ids=True)))
            if span in last and found != last[span][1]:
                assert version != last[span][0]
            last[span] = version, found
            assert columns.version("acme", span) == version

    return look


STEPS = st.one_of(
    st.tuples(st.just("send"), st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc")), min_size=1, max_size=3)),
    st.tuples(st.just("compact")),
    st.tuples(st.just("merge"), st.sampled_from("abc"), st.sampled_from("xyz")),
    st.tuples(st.just("look")),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(STEPS, max_size=12))
def test_no_change_of_the_archive_or_of_who_is_who_is_missed(steps: list[Any]) -> None:
    archive, clock, people = MemoryArchive(), [0], dict[str, str]()
    with TemporaryDirectory() as folder:
        columns = open_event_columns(archive, lambda _: dict(people), lambda: clock[0], folder=Path(folder))
        look, number = watch(columns), 0
        for hour, step in enumerate(steps):
            clock[0] += REMEMBERED_MS + 1
            match step:
                case ("send", events):
                    lines = []
                    for day, actor in events:
                        number += 1
                        one = document(number, day, actor)
                        name = event_index(one["@timestamp"])
                        lines.append(bulk_lines(name, DocumentIds("acme").of(one["id"].encode()), encode_document(one)))
                    archive_lines(archive, lines, hour=f"2026-11-22/{hour:02}")
                case ("merge", actor, person):
                    people[actor] = person
                case ("compact",):
                    compact(archive, RecordingIndex())
            look()


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc")), max_size=8))
def test_memory_keeps_the_same_promise(events: list[tuple[int, str]]) -> None:
    columns = MemoryEventColumns()
    look = watch(columns)
    for number, (day, actor) in enumerate(events):
        columns.documents.append(document(number, day, actor) | {"_id": f"e{number}"})
        look()
        columns.people = {**columns.people, actor: "somebody"}
        look()


def test_a_day_that_is_archived_keeps_its_version_whatever_comes_to_other_days() -> None:
    archive, clock = MemoryArchive(), [0]

    def send(number: int, day: int, hour: int) -> None:
        one = document(number, day, "a")
        name = event_index(one["@timestamp"])
        line = bulk_lines(name, DocumentIds("acme").of(one["id"].encode()), encode_document(one))
        archive_lines(archive, [line], hour=f"2026-11-22/{hour:02}")
        clock[0] += REMEMBERED_MS + 1

    with TemporaryDirectory() as folder:
        columns = open_event_columns(archive, lambda _: {}, lambda: clock[0], folder=Path(folder))
        send(1, 0, 0)
        compact(archive, RecordingIndex())
        clock[0] += REMEMBERED_MS + 1
        first, both = columns.version("acme", SPANS[0]), columns.version("acme", SPANS[2])
        send(2, 2, 1)
        assert columns.version("acme", SPANS[0]) == first
        assert columns.version("acme", SPANS[2]) != both
        send(3, 0, 2)
        assert columns.version("acme", SPANS[0]) != first
