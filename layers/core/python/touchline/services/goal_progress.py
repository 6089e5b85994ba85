"""What is kept of backfills, in the table of progress: `backfill#<tenant>` has each goal's latest run, another key its
parts, a third who called it off."""

from dataclasses import replace

from touchline.domain.backfills import Backfill, GoalProgress, PartProgress, progress_of
from touchline.ports import Progress


def goal_progress(progress: Progress, tenant: str, goal_id: str, now: int) -> GoalProgress | None:
    """None where the goal's past was never computed. `under_way` says whether it is being computed now."""
    backfill = latest_backfill(progress, tenant, goal_id)
    if backfill is None:
        return None
    return progress_of(backfill, parts_of(progress, tenant, backfill), now)


def latest_backfill(progress: Progress, tenant: str, goal_id: str) -> Backfill | None:
    facts = progress.get(_pk(tenant), goal_id)
    if facts is None:
        return None
    backfill = Backfill.of(facts)
    return _called_off(backfill) if _is_cancelled(progress, tenant, backfill) else backfill


def keep_backfill(progress: Progress, tenant: str, backfill: Backfill) -> None:
    progress.put(_pk(tenant), backfill.goal, backfill.facts())


def parts_of(progress: Progress, tenant: str, backfill: Backfill) -> list[PartProgress]:
    if backfill.parts is None:
        return []
    found = progress.newest(_parts_pk(tenant, backfill.goal, backfill.run), backfill.parts)
    return [PartProgress.of(facts) for facts in found]


def keep_part(progress: Progress, tenant: str, backfill: Backfill, part: PartProgress) -> None:
    facts = {"part": part.part, "done": part.done, "people": part.people, "conversions": part.conversions}
    pk = _parts_pk(tenant, backfill.goal, backfill.run)
    progress.put(pk, f"{part.part:05}", facts | {"changed_at": part.changed_at})


def call_off(progress: Progress, tenant: str, backfill: Backfill, now: int) -> None:
    """A fact of its own: a step that writes the backfill at the same time does not undo it."""
    facts = {"run": backfill.run, "attempt": backfill.attempt, "at": now}
    progress.put(f"cancelled#{_pk(tenant)}", backfill.goal, facts)


def _called_off(backfill: Backfill) -> Backfill:
    return replace(backfill, state="cancelled") if backfill.state == "running" else backfill


def _is_cancelled(progress: Progress, tenant: str, backfill: Backfill) -> bool:
    facts = progress.get(f"cancelled#{_pk(tenant)}", backfill.goal)
    return facts is not None and (facts["run"], facts["attempt"]) == (backfill.run, backfill.attempt)


def _pk(tenant: str) -> str:
    return f"backfill#{tenant}"


def _parts_pk(tenant: str, goal_id: str, run: str) -> str:
    return f"backfill#{tenant}#{goal_id}#{run}"
