"""What an execution will need of its connection, said before anything is asked of Marketo: pure arithmetic.

The plan says which of its figures are known, and which are assumed.
"""

from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any, Final

from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.incremental_runs import Because
from touchline.domain.marketo.limits import BATCH, EXPORT_BYTES_A_DAY, MOST_LOSERS
from touchline.domain.marketo.plan_amounts import SHARE_CHANGED, amounts_of, calls_of, changes_of, taken_by
from touchline.domain.marketo.plan_amounts import Job as Job
from touchline.domain.marketo.plan_amounts import Learned as Learned
from touchline.domain.marketo.plan_amounts import Source as Source
from touchline.domain.marketo.stage_times import Amounts, stage_seconds

ASSUMED_LEADS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Plan:
    """`calls`: as many as `calls_by_stage` together, and `minutes` as `seconds_by_stage`. `days`: at the connection's
    share, from one reset to the next. `incremental`: whether only what changed is to be read, None where the rules
    never ask for that; where it is not, `full_because`. Which it is shows when the extract is ordered."""

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
    seconds_by_stage: dict[str, int]
    share_of_calls: float
    share_of_bytes: float
    incremental: bool | None = None
    full_because: Because | None = None
    warnings: tuple[str, ...] = field(default=())

    def facts(self) -> dict[str, Any]:
        return asdict(self) | {"warnings": list(self.warnings)}


def plan(
    job: Job,
    share: Share,
    *,
    leads: int | None = None,
    learned: Learned | None = None,
    others: int | None = None,
) -> Plan:
    """`leads`: on the list, where somebody knows; `others`: of the longest list that another service brought."""
    count, leads_from = _leads(leads, learned, others)
    changes, merges, changes_from = changes_of(job, count, learned)
    amounts = amounts_of(job, count, changes, merges, learned)
    calls = calls_of(job, amounts, changes, learned)
    total, size = sum(calls.values()), amounts.bytes
    seconds = stage_seconds(amounts, taken_by(learned, count, size))
    return Plan(
        leads=count,
        leads_from=leads_from,
        columns=len(job.columns),
        bytes=size,
        calls=total,
        calls_by_stage=calls,
        changes=changes,
        changes_from=changes_from,
        imports=amounts.imports,
        merges=merges,
        days=max(1, ceil(total / share.calls_a_day), ceil(size / share.bytes_a_day)),
        minutes=ceil(sum(seconds.values()) / 60),
        seconds_by_stage=seconds,
        share_of_calls=round(total / share.calls_a_day, 4),
        share_of_bytes=round(size / share.bytes_a_day, 4),
        incremental=None if job.full_every_days is None else job.incremental,
        full_because=job.full_because,
        warnings=tuple(_warnings(job, share, amounts, total, leads_from, learned)),
    )


def _leads(given: int | None, learned: Learned | None, others: int | None) -> tuple[int, Source]:
    if given is not None:
        return given, "given"
    if learned is not None and learned.leads:
        return learned.leads, "latest_execution"
    return (ASSUMED_LEADS, "assumed") if others is None else (others, "other_services")


def _warnings(
    job: Job, share: Share, amounts: Amounts, calls: int, leads_from: Source, learned: Learned | None
) -> list[str]:
    return [*_assumptions(job, amounts, leads_from, learned), *_costs(job, share, amounts, calls)]


def _assumptions(job: Job, amounts: Amounts, leads_from: Source, learned: Learned | None) -> list[str]:
    found = []
    if learned is not None and learned.windows:
        found.append(
            f"The instance did not export the smart list: everybody is read, in {learned.windows:,} exports, and the "
            "list's rules are applied here. A static list takes fewer calls and bytes."
        )
    if leads_from == "assumed" and not _is_known(job, learned):
        found.append(
            f"How many leads the list has is known after the first export; {ASSUMED_LEADS:,} are assumed. "
            "Send `leads` to plan with another number."
        )
    if leads_from == "other_services" and not _is_known(job, learned):
        found.append(
            "Marketo does not tell how many leads an instance has: as many are assumed as the longest list had that "
            "the connection's latest executions brought. Send `leads` to plan with another number."
        )
    if amounts.asked and job.incremental and (learned is None or learned.asked is None):
        found.append(
            f"Some {amounts.asked:,} leads are assumed to be read by id: {SHARE_CHANGED:.0%} of the list, and those "
            "that the run before has written to."
        )
    elif amounts.asked and (learned is None or learned.asked is None):
        found.append(
            f"Leads outside the list are looked for by address, {BATCH} a call; each lead of the list is assumed to "
            "have an address of its own until an execution has told how many there are."
        )
    return found


def _is_known(job: Job, learned: Learned | None) -> bool:
    """The size of an import of everybody's activities follows from the latest one."""
    return job.activities and learned is not None and learned.columns == len(job.columns)


def _costs(job: Job, share: Share, amounts: Amounts, calls: int) -> list[str]:
    found = []
    size, merges = amounts.bytes, amounts.merges
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
