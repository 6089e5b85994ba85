"""What an execution will need of its connection, said before anything is asked of Marketo: pure arithmetic.

What the service's latest execution came to is believed; where there is none, the figures below are, and the plan says
which it assumed.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any, Final, Literal

from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.limits import BATCH, EXPORT_BYTES_A_DAY, IMPORT_BYTES, JOBS_RUNNING, MOST_LOSERS

ASSUMED_LEADS: Final = 100_000
# Of leads of an instance that was never deduplicated: in groups, and groups of them (12 % duplicates in pairs, mostly).
SHARE_IN_GROUPS: Final = 0.23
SHARE_OF_GROUPS: Final = 0.11
ACTIVITIES_OF_A_LEAD: Final = 10
ACTIVITY_BYTES: Final = 220
# Measured on extracts: ten common columns are 144 bytes a row, twenty 227. Many cells of a row are empty.
BYTES_OF_TYPE: Final = {"email": 24, "datetime": 20, "date": 10, "boolean": 5, "integer": 6, "score": 4}
BYTES_OF_TEXT: Final = 11
KEY_BYTES: Final = 36  # a hash or an id in a written field
PIECE_BYTES: Final = 16_000_000  # of an extract, in one call
EXPORT_CALLS: Final = 3  # fields, create, enqueue
POLLS: Final = 4  # of an export; more where the queue is long
CALLS_OF_AN_IMPORT: Final = 4  # the file, asking what became of it, its failures
VERIFIED_LEADS: Final = 300
# Marketo's own time: an export waits and begins within two minutes, then works off its rows.
EXPORT_MINUTES: Final = 2
LEADS_A_MINUTE: Final = 100_000
IMPORT_MINUTES: Final = 5  # of ten megabytes
CALLS_A_SECOND: Final = 1  # a merge answers in about that, and is followed by the next

Source = Literal["given", "latest_execution", "assumed"]
Writes = Literal["nothing", "fields", "merges"]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be planned. `columns`: their types; `written`: how many fields of a lead are written at most;
    `whole_list`: whether every lead of the list is changed the first time, as by hashes, and not duplicates alone."""

    columns: Sequence[str]
    writes: Writes
    written: int = 1
    whole_list: bool = False
    activities: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """Of the service's latest execution that was completed."""

    leads: int
    bytes: int
    changes: int
    columns: int
    merges: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """`calls`: as many as `calls_by_stage` together. `days`: at the connection's share, from one reset to the next."""

    leads: int
    leads_from: Source
    columns: int
    bytes: int
    calls: int
    calls_by_stage: dict[str, int]
    changes: int
    changes_from: Source
    imports: int
    merges: int
    days: int
    minutes: int
    share_of_calls: float
    share_of_bytes: float
    warnings: tuple[str, ...] = field(default=())

    def facts(self) -> dict[str, Any]:
        return asdict(self) | {"warnings": list(self.warnings)}


def plan(job: Job, share: Share, *, leads: int | None = None, learned: Learned | None = None) -> Plan:
    """`leads`: on the list, where somebody knows."""
    count, leads_from = _leads(leads, learned)
    size = count * _bytes_of_row(job, learned)
    changes, merges, changes_from = _changes(job, count, learned)
    imports = 0 if job.writes == "nothing" else ceil(changes * _written_bytes(job) / IMPORT_BYTES)
    calls = {
        "export": EXPORT_CALLS,
        "poll": POLLS,
        "download": max(1, ceil(size / PIECE_BYTES)),
        "write_back": _write_calls(job, changes, imports, merges),
        "verify": 0 if job.writes == "nothing" else ceil(min(changes, VERIFIED_LEADS) / BATCH),
    }
    total = sum(calls.values())
    return Plan(
        leads=count,
        leads_from=leads_from,
        columns=len(job.columns),
        bytes=size,
        calls=total,
        calls_by_stage=calls,
        changes=changes,
        changes_from=changes_from,
        imports=imports,
        merges=merges,
        days=max(1, ceil(total / share.calls_a_day), ceil(size / share.bytes_a_day)),
        minutes=_minutes(count, imports, merges),
        share_of_calls=round(total / share.calls_a_day, 4),
        share_of_bytes=round(size / share.bytes_a_day, 4),
        warnings=tuple(_warnings(job, share, size, total, merges, leads_from)),
    )


def _leads(given: int | None, learned: Learned | None) -> tuple[int, Source]:
    if given is not None:
        return given, "given"
    return (ASSUMED_LEADS, "assumed") if learned is None else (learned.leads, "latest_execution")


def _bytes_of_row(job: Job, learned: Learned | None) -> int:
    if learned is not None and learned.leads and learned.columns == len(job.columns):
        return ceil(learned.bytes / learned.leads)
    if job.activities:
        return ACTIVITIES_OF_A_LEAD * ACTIVITY_BYTES
    return sum(BYTES_OF_TYPE.get(column, BYTES_OF_TEXT) + 1 for column in job.columns)


def _changes(job: Job, leads: int, learned: Learned | None) -> tuple[int, int, Source]:
    """Leads that are written to, and calls that merge."""
    if job.writes == "nothing":
        return 0, 0, "assumed"
    if learned is not None and learned.leads:
        merges = ceil(learned.merges * leads / learned.leads) if job.writes == "merges" else 0
        return ceil(learned.changes * leads / learned.leads), merges, "latest_execution"
    changes = leads if job.whole_list else ceil(leads * SHARE_IN_GROUPS)
    return changes, ceil(leads * SHARE_OF_GROUPS) if job.writes == "merges" else 0, "assumed"


def _written_bytes(job: Job) -> int:
    return 10 + job.written * (KEY_BYTES + 1)


def _write_calls(job: Job, changes: int, imports: int, merges: int) -> int:
    if job.writes == "nothing":
        return 0
    fields = min(imports * CALLS_OF_AN_IMPORT, ceil(changes / BATCH))
    # Each merge is one call; before and after it its leads are read again, with those of others.
    return fields + merges + 2 * ceil(2 * merges / BATCH)


def _minutes(leads: int, imports: int, merges: int) -> int:
    export = EXPORT_MINUTES + leads / LEADS_A_MINUTE
    return ceil(export + ceil(imports / JOBS_RUNNING) * IMPORT_MINUTES + merges / CALLS_A_SECOND / 60)


def _warnings(job: Job, share: Share, size: int, calls: int, merges: int, leads_from: Source) -> list[str]:
    found = []
    if leads_from == "assumed":
        found.append(
            f"How many leads the list has is known after the first export; {ASSUMED_LEADS:,} are assumed. "
            "Send `leads` to plan with another number."
        )
    if size > min(share.bytes_a_day, EXPORT_BYTES_A_DAY):
        found.append(
            f"The extract has some {size // 1_000_000:,} MB, more than Marketo gives out or the connection may use in "
            f"a day. Its {len(job.columns)} columns are those that the rules read: fewer rules need fewer."
        )
    if calls > share.calls_a_day:
        found.append(f"{calls:,} calls are needed and the connection may use {share.calls_a_day:,} a day.")
    if merges:
        found.append(
            f"Merging is one call for each group (of up to {MOST_LOSERS} losers) and cannot be undone; marking the "
            "same duplicates takes a few bulk imports."
        )
    return found
