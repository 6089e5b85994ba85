"""Whether an execution can be undone, and what that will need."""

from dataclasses import dataclass
from typing import Any, Final

from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.executions import ENDED, Execution
from touchline.domain.marketo.limits import BATCH
from touchline.domain.marketo.planning import Job, Learned, Plan, plan

# So few leads are asked for by id: that takes about as many calls as an export, and none of the day's bytes.
FEW: Final = 10 * BATCH


@dataclass(frozen=True, slots=True)
class Records:
    """Which files an execution still has: its journal of values that were sent and of merges, its tables of changes."""

    journal: bool
    merges: bool
    changes: bool


def why_not_undone(execution: Execution, earlier: Execution | None, records: Records) -> str | None:
    """None where it can be undone; else the reason, and what would work. `earlier`: the latest that undid it."""
    if execution.service.kind == "activity_import":
        return "An import of activities changes nothing in Marketo: there is nothing to undo."
    if execution.undoes is not None:
        return f"It undid the execution {execution.undoes}, and is not undone itself: run the service again."
    if execution.state not in ENDED:
        return f"It is {execution.state}, and can be undone once it is over: wait for its end, or stop it."
    if execution.preview:
        return "It was a preview: nothing was written to Marketo, so that there is nothing to undo."
    if _has_merged(execution, records):
        return (
            "It merged leads, which cannot be undone, and what it wrote before stays with them. Its files "
            "`undo/merges-…` have the leads as they were before."
        )
    return _why_nothing_is_left(execution, records) or _why_not_again(earlier)


def are_few(undone: Execution) -> bool:
    """Whether the leads that were to be written to are asked for by id, and not with the list."""
    return _leads(undone) <= FEW


def plan_undo(undone: Execution, share: Share, *, preview: bool) -> Plan:
    """As many changes as were to be written; leads and fields of what was undone."""
    fields = len(undone.results.get("changes_by_field", ())) or int(undone.service.reading["job"]["written"])
    job = Job(("integer", *["string"] * fields), "nothing" if preview else "fields", fields)
    leads = _leads(undone) if are_few(undone) else undone.progress.leads or _leads(undone)
    return plan(job, share, learned=Learned(max(1, leads), 0, _leads(undone), 0))


def _write_back(execution: Execution) -> Any:
    return execution.checkpoints.get("write_back", {})


def _leads(execution: Execution) -> int:
    return int(_write_back(execution).get("leads", 0))


def _has_merged(execution: Execution, records: Records) -> bool:
    """Or may have: one that ended among its merges."""
    kept = _write_back(execution)
    merged = bool(kept.get("merges", {}).get("merged"))
    return merged or (records.merges and not kept.get("finished"))


def _why_nothing_is_left(execution: Execution, records: Records) -> str | None:
    kept = _write_back(execution)
    if kept.get("finished") and not kept.get("written"):
        return "It changed nothing in Marketo: there is nothing to undo."
    if records.journal and records.changes:
        return None
    if records.journal or kept.get("next") or kept.get("running"):
        return "Its files, which have the earlier values, are gone: it can be undone only as long as they are kept."
    return "It wrote nothing to Marketo: there is nothing to undo."


def _why_not_again(earlier: Execution | None) -> str | None:
    """What was left alone may be as the execution wrote it again, once a later one is undone."""
    if earlier is None or earlier.state != "completed":
        return None
    if earlier.results.get("changed_since") or earlier.results.get("refused"):
        return None
    return f"It was undone by the execution {earlier.id}. To have it again, run the service again."
