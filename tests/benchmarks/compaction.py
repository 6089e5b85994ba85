"""What compaction costs an event: writing Parquet, and asking every other day whether it has the id already."""

from collections.abc import Iterable
from time import perf_counter

import orjson
from touchline.adapters.duckdb.event_files import DuckDbEventFiles
from touchline.domain.archive import ArchivedEvent

from tests.benchmarks.documents import event_documents
from tests.benchmarks.harness import Report

DAY = "2026-11-22"
EVENTS = 200_000
DAYS_KEPT = (10, 40, 160)


def run(report: Report) -> None:
    files = DuckDbEventFiles()
    events = archived(event_documents(EVENTS, tenants=1))
    began = perf_counter()
    with files.merging() as merge:
        merge.add(events)
        day = merge.merge(DAY, None)
    report.add("compaction of a new day", EVENTS / (perf_counter() - began), "events/s")
    report.add("Parquet, sorted by actor and time", len(day.events) / EVENTS, "B/event")
    report.add("ids", len(day.ids) / EVENTS, "B/event")

    other = _ids_of_another_day(files)
    new = archived(event_documents(EVENTS // 10, tenants=1, seed=8))
    for days in DAYS_KEPT:
        with files.merging() as merge:
            merge.add(new)
            began = perf_counter()
            for number in range(days):
                merge.add_ids(f"2026-01-{number:02}", other)
            merge.losers()
            seconds = perf_counter() - began
        kept = days * EVENTS
        report.add(f"cross-day check against {kept / 1e6:.0f} M kept events", seconds, "s a run")
        report.add("  the same for each of them", seconds / kept * 1e9, "ns")
        report.add(f"  the same for each of {len(new):,} new events", seconds / len(new) * 1e6, "µs")

    began = perf_counter()
    with files.merging() as merge:
        merge.add(new)
        merge.add_ids(DAY, day.ids)
        merge.merge(DAY, day.events)
    report.add(f"{len(new):,} events into a day of {EVENTS:,}", perf_counter() - began, "s")
    report.note(
        "In process, DuckDB with 512 MB; reading from S3 is not in it. The check grows with the events that are kept, "
        "not with the new ones: see docs/decisions/one-id-is-one-event.md."
    )


def archived(documents: Iterable[tuple[str, dict[str, object]]]) -> list[ArchivedEvent]:
    return [ArchivedEvent(id, str(document["tenant"]), DAY, orjson.dumps(document)) for id, document in documents]


def _ids_of_another_day(files: DuckDbEventFiles) -> bytes:
    with files.merging() as merge:
        merge.add(archived(event_documents(EVENTS, tenants=1, seed=9)))
        return merge.merge(DAY, None).ids
