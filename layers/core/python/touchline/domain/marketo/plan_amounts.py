"""What an execution will have to do, as far as that can be said before anything is asked of Marketo: pure arithmetic.

What the service's latest execution came to is believed; where there is none, the figures below are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final, Literal

from touchline.domain.marketo.incremental_runs import MOST_READ_BY_ID, Because
from touchline.domain.marketo.limits import BATCH, IMPORT_BYTES, JOBS_IN_QUEUE
from touchline.domain.marketo.stage_times import Amounts, Taken

# Of leads of an instance that was never deduplicated: in groups, and groups of them (12 % duplicates in pairs, mostly).
SHARE_IN_GROUPS: Final = 0.23
SHARE_OF_GROUPS: Final = 0.11
ACTIVITIES_OF_A_LEAD: Final = 10  # in the days of one export
ACTIVITY_BYTES: Final = 220
EXPORT_DAYS: Final = 31  # of activities, in one export
# Measured on extracts: ten common columns are 144 bytes a row, twenty 227. Many cells of a row are empty.
BYTES_OF_TYPE: Final = {"email": 24, "datetime": 20, "date": 10, "boolean": 5, "integer": 6, "score": 4}
BYTES_OF_TEXT: Final = 11
KEY_BYTES: Final = 36  # a hash or an id in a written field
PIECE_BYTES: Final = 16_000_000  # of an extract, in one call
EXPORT_CALLS: Final = 3  # fields, create, enqueue
MORE_EXPORT_CALLS: Final = 2  # create, enqueue
POLLS: Final = 4  # of an export; more where the queue is long
CALLS_OF_AN_IMPORT: Final = 4  # the file, asking what became of it, its failures
VERIFIED_LEADS: Final = 300
ASKED: Final = "addresses_asked"  # of an execution's results: values that leads outside its list were looked for by
WINDOWS: Final = "windows"  # of an execution's results: exports that brought everybody in place of a smart list
READ_BY_ID: Final = "leads_read_by_id"  # of an execution's results: leads of its list that were not in the extract
SHARE_CHANGED: Final = 0.01  # of a list's leads, from one run to the next
TIMES: Final = ("integer", "datetime")  # columns of who is on a list, and when each was changed

# `other_services`: the longest list that the connection's latest executions brought; an instance has as many at least.
Source = Literal["given", "latest_execution", "other_services", "assumed"]
Writes = Literal["nothing", "fields", "merges"]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be planned. `columns`: their types; `written`: how many fields of a lead are written at most;
    `whole_list`: whether every lead of the list is changed the first time, as by hashes, and not duplicates alone;
    `closure`: whether leads outside the list are looked for by the addresses in it; `days`: of activities;
    `full_every_days`: where runs in between read only what changed. Of one run: whether it does, or why not."""

    columns: Sequence[str]
    writes: Writes
    written: int = 1
    whole_list: bool = False
    activities: bool = False
    closure: bool = False
    days: float = EXPORT_DAYS
    full_every_days: int | None = None
    incremental: bool = False
    full_because: Because | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """Of the service's latest execution that was completed. `leads` is 0 where activities of everybody were imported;
    `asked`: addresses that leads outside the list were looked for by, or leads that were read by id; `days` of
    activities; `seconds` by stage; `windows`: exports that brought everybody, where a smart list is not exported."""

    leads: int
    bytes: int
    changes: int
    columns: int
    merges: int = 0
    asked: int | None = None
    days: float | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    windows: int = 0


def changes_of(job: Job, leads: int, learned: Learned | None) -> tuple[int, int, Source]:
    """Leads that are written to, and calls that merge."""
    if job.writes == "nothing":
        return 0, 0, "assumed"
    if learned is not None and learned.leads:
        merges = ceil(learned.merges * leads / learned.leads) if job.writes == "merges" else 0
        return ceil(learned.changes * leads / learned.leads), merges, "latest_execution"
    changes = leads if job.whole_list else ceil(leads * SHARE_IN_GROUPS)
    return changes, ceil(leads * SHARE_OF_GROUPS) if job.writes == "merges" else 0, "assumed"


def amounts_of(job: Job, leads: int, changes: int, merges: int, learned: Learned | None) -> Amounts:
    size = _bytes(job, leads, learned)
    imports = 0 if job.writes == "nothing" else ceil(changes * _written_bytes(job) / IMPORT_BYTES)
    batches = ceil(changes / BATCH)
    return Amounts(
        rows=size // ACTIVITY_BYTES if job.activities else leads,
        bytes=size,
        events=job.activities,
        asked=_asked(job, leads, changes, learned),
        imports=imports,
        updates=batches if batches <= imports * CALLS_OF_AN_IMPORT else 0,
        merges=merges,
    )


def calls_of(job: Job, amounts: Amounts, changes: int, learned: Learned | None = None) -> dict[str, int]:
    windows = learned.windows if learned is not None else 0
    more = (max(0, ceil(job.days / EXPORT_DAYS) - 1) if job.activities else 0) + max(0, windows - 1)
    return {
        # Beyond ten a place in Marketo's line is looked for, and in the end ten are waited for together.
        "export": EXPORT_CALLS + more * MORE_EXPORT_CALLS + max(0, windows - JOBS_IN_QUEUE),
        "poll": POLLS + more + (POLLS - 1) * max(0, min(windows, JOBS_IN_QUEUE) - 1),
        "download": max(1, windows, ceil(amounts.bytes / PIECE_BYTES)),
        "work": ceil(amounts.asked / BATCH),
        "write_back": _write_calls(amounts),
        "verify": 0 if job.writes == "nothing" else ceil(min(changes, VERIFIED_LEADS) / BATCH),
    }


def taken_by(learned: Learned | None, leads: int, size: int) -> Taken:
    if learned is None:
        return Taken()
    longer = leads / learned.leads if learned.leads else 1.0
    return Taken(learned.seconds, size / learned.bytes if learned.bytes else longer, longer)


def _bytes(job: Job, leads: int, learned: Learned | None) -> int:
    if learned is None or learned.columns != len(job.columns) or not (learned.leads or job.activities):
        return leads * _bytes_of_row(job)
    if not job.activities:
        return leads * ceil(learned.bytes / learned.leads)
    size = learned.bytes * (leads / learned.leads if learned.leads else 1)
    return ceil(size * job.days / learned.days) if learned.days else ceil(size)


def _bytes_of_row(job: Job) -> int:
    if job.activities:
        return ceil(ACTIVITIES_OF_A_LEAD * ACTIVITY_BYTES * job.days / EXPORT_DAYS)
    return sum(BYTES_OF_TYPE.get(column, BYTES_OF_TEXT) + 1 for column in job.columns)


def _asked(job: Job, leads: int, changes: int, learned: Learned | None) -> int:
    """Addresses: as many as leads where nobody knows how many share one. Leads that changed: some, and those that the
    run before has written to."""
    if not (job.closure or job.incremental):
        return 0
    if learned is None or learned.asked is None or not learned.leads:
        return leads if job.closure else min(MOST_READ_BY_ID, changes + ceil(leads * SHARE_CHANGED))
    return ceil(learned.asked * leads / learned.leads)


def _written_bytes(job: Job) -> int:
    return 10 + job.written * (KEY_BYTES + 1)


def _write_calls(amounts: Amounts) -> int:
    fields = amounts.updates or amounts.imports * CALLS_OF_AN_IMPORT
    # Each merge is one call; before and after it its leads are read again, with those of others.
    return fields + amounts.merges + 2 * ceil(2 * amounts.merges / BATCH)
