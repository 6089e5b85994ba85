"""Stage 5 of an import of activities: they become events on the queue, as if they had been sent.

A step is a part of the extract. Its events have ids that follow from Marketo's, so that a part that is done twice, or
comes again with the next import, counts once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
import polars as pl

from touchline.domain.events import Rules
from touchline.domain.leads.extract import read_header, read_leads, read_part
from touchline.domain.leads.splitting import part_name
from touchline.domain.limits import EVENTS_PER_REQUEST, MAX_AGE_DAYS
from touchline.domain.marketo.activities import COLUMNS, Cells, Origin, as_event
from touchline.domain.marketo.activity_windows import end_of
from touchline.domain.marketo.executions import Execution, Problem
from touchline.domain.marketo.steps import Again, Done, News, Step
from touchline.domain.tenancy import Tenant
from touchline.errors import NotFound
from touchline.ports import EventPacking, EventQueue, SentEvents
from touchline.services.accept_events import Receipts, queue_events
from touchline.services.marketo.activity_orders import IMPORTED_UNTIL, activity_rules_of, imported_until
from touchline.services.marketo.part_files import part_numbers, read_stored
from touchline.services.marketo.work import Work, checkpoint_of, log_line

HEADER_BYTES: Final = 4_096
SHOWN: Final = ("marketoGUID", "leadId", "activityDate", "activityTypeId")
COUNTS: Final = ("activities", "events", "rejected", "of_others", "leads")


@dataclass(frozen=True, slots=True)
class EventIntake:
    """Where events go. `Work.more["events"]`."""

    packing: EventPacking
    queue: EventQueue
    max_age_days: int = MAX_AGE_DAYS


def import_activities(work: Work, execution: Execution) -> Step:
    """One part further. Raises `StoreUnavailable`: the part is then sent again, which is harmless."""
    numbers = part_numbers(work, execution)
    checkpoint: dict[str, Any] = {"next": 0, **dict.fromkeys(COUNTS, 0), **checkpoint_of(execution, "work")}
    place = checkpoint["next"]
    if place == len(numbers):
        return _finished(work, execution, checkpoint)
    if _is_of_leads(work, execution, numbers[place]):
        leads = read_part(read_stored(work, execution, numbers[place]), ["id"]).height
        found = {**dict.fromkeys(COUNTS, 0), "leads": leads}
    else:
        found = _import_part(work, execution, numbers, numbers[place])
    after = {name: checkpoint[name] + found[name] for name in COUNTS}
    return Again({**after, "next": place + 1}, News(done=place + 1, of=len(numbers), results=results_of(after)))


def _finished(work: Work, execution: Execution, checkpoint: Mapping[str, Any]) -> Step:
    jobs = checkpoint_of(execution, "export").get("jobs", ())
    until = end_of(job["filter"] for job in jobs if job["kind"] == "activities")
    if until is None:
        until = imported_until(work.executions, execution.tenant, execution.service.id)
    results = results_of(checkpoint) | ({IMPORTED_UNTIL: until} if until is not None else {})
    log_line(work, execution, "work", "activities are events", **{name: checkpoint[name] for name in COUNTS})
    leads = None if execution.service.list is None else checkpoint["leads"]
    news = News(leads=leads, results=results, problems=_problems(checkpoint["rejected"]))
    return Done({**checkpoint, "writes": False}, news)


def results_of(counts: Mapping[str, Any]) -> dict[str, int]:
    return {
        "activities": counts["activities"],
        "events_accepted": counts["events"],
        "events_rejected": counts["rejected"],
        "activities_of_others": counts["of_others"],
    }


def _problems(rejected: int) -> tuple[Problem, ...]:
    if not rejected:
        return ()
    message = f"{rejected:,} activities were set aside: they are among the rejected events, each with its reason."
    return (Problem("work", "activities_rejected", message),)


def _is_of_leads(work: Work, execution: Execution, number: int) -> bool:
    begins = work.files.get(execution.tenant, execution.id, part_name(number), 0, HEADER_BYTES)
    return "marketoGUID" not in read_header(begins)


def _import_part(work: Work, execution: Execution, numbers: list[int], number: int) -> dict[str, int]:
    rows = read_part(read_stored(work, execution, number), COLUMNS)
    members = _members(work, execution, numbers)
    told = rows if members is None else _of_members(rows, members)
    counts = dict.fromkeys(COUNTS, 0) | {"activities": rows.height, "of_others": rows.height - told.height}
    sending = _Sending(work, execution)
    for place in range(0, told.height, EVENTS_PER_REQUEST):
        receipts = sending.send(told.slice(place, EVENTS_PER_REQUEST), place)
        counts["events"] += receipts.accepted
        counts["rejected"] += receipts.rejected.total()
    return counts


def _members(work: Work, execution: Execution, numbers: list[int]) -> pl.DataFrame | None:
    """`id` and perhaps `email` of the list's leads; None where everybody counts."""
    if execution.service.list is None:
        return None
    parts = [
        read_leads(read_stored(work, execution, number)) for number in numbers if _is_of_leads(work, execution, number)
    ]
    return pl.concat(parts).unique("id", keep="first", maintain_order=True)


def _of_members(rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    named = members.rename({"id": "lead"})
    return (
        rows.with_columns(lead=pl.col("leadId").cast(pl.Int64, strict=False))
        .join(named, on="lead", how="inner", maintain_order="left")
        .drop("lead")
    )


class _Sending:
    """One part's events, some thousands at a time."""

    def __init__(self, work: Work, execution: Execution) -> None:
        self._intake: EventIntake = work.more["events"]
        self._origin = Origin(execution.service.connection, activity_rules_of(execution))
        now = work.clock()
        self._rules = Rules(_tenant(work, execution), now, now, self._intake.max_age_days)

    def send(self, rows: pl.DataFrame, first_slot: int) -> Receipts:
        events: list[object] = []
        activities: list[Cells] = []
        for row in rows.iter_rows(named=True):
            event = as_event(row, self._origin, row.get("email"))
            if event is not None:
                events.append(event)
                activities.append(row)

        def original(place: int) -> bytes:
            return orjson.dumps(_readable(events[place], activities[place]))

        sent = SentEvents(events, None, original)
        return queue_events(sent, self._rules, first_slot, self._intake.packing, self._intake.queue)


def _readable(event: object, activity: Cells) -> object:
    """What is kept of a rejected event: as it would have been sent, or which activity it was."""
    return event if isinstance(event, dict) else {name: activity[name] for name in SHOWN}


def _tenant(work: Work, execution: Execution) -> Tenant:
    tenant = work.tenants.get(execution.tenant)
    if tenant is None:
        raise NotFound(f"There is no tenant {execution.tenant}.")
    return tenant
