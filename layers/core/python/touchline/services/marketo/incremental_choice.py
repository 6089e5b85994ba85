"""Whether an execution reads its whole list, or what changed since an earlier one: chosen as the extract is ordered.

The choice is kept with what is ordered. That the whole list is to be read after all lies in a file of the execution: an
extract that is ordered anew finds it there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.incremental import fingerprint
from touchline.domain.leads.rules import parse_dedupe_rules
from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.incremental_runs import REASONS, Because, Before, why_full
from touchline.domain.marketo.steps import Back
from touchline.errors import NotFound
from touchline.services.marketo.execution_json import read_json, write_json
from touchline.services.marketo.incremental_state import Kept, find_state
from touchline.services.marketo.work import Work, checkpoint_of, log_line

FORCED: Final = "plan/full.json"
TIMED: Final = ("id", "updatedAt")  # columns that tell who is on the list, and when each was changed
# Clocks differ, and Marketo's times have whole seconds: who was changed so shortly before is looked at once more.
MARGIN_MS: Final = 300_000


@dataclass(frozen=True, slots=True)
class Choice:
    """`base`: the state that it goes on from, None for a full run, which has a reason; `keeps`: whether the next run
    may go on from this one; `full_at`, `until` in epoch ms: who was changed at `until` or later is not settled yet."""

    fingerprint: str
    full_at: int
    until: int
    keeps: bool = True
    base: Kept | None = None
    because: Because | None = None

    def results(self) -> dict[str, Any]:
        return {"incremental": self.base is not None, "full_because": self.because}


def choose(work: Work, execution: Execution, fields: Sequence[LeadField]) -> Choice | None:
    """None where the rules ask for no incremental runs, or it undoes another. Of the moment before the extract is
    ordered: nobody has read a lead before it."""
    if not _may_be(execution):
        return None
    rules, now = parse_dedupe_rules(execution.service.rules, fields), work.clock()
    made_with, kept = _fingerprint(execution, rules), find_state(work, execution)
    before = None if kept is None else Before(kept.fingerprint == made_with, kept.full_at, kept.opened)
    because = _forced(work, execution) or why_full(
        before, now, rules.full_every_days, asked=execution.full, preview=execution.preview
    )
    choice = Choice(
        made_with,
        full_at=now if because or kept is None else kept.full_at,
        until=now - MARGIN_MS,
        keeps=not execution.preview,
        base=None if because else kept,
        because=because,
    )
    told = REASONS[because] if because else "only leads that were changed since the run before are read"
    log_line(work, execution, "export", "reads the whole list" if because else "reads what changed", reason=told)
    return choice


def choice_of(execution: Execution) -> Choice | None:
    """As it was made when the extract was ordered."""
    kept = checkpoint_of(execution, "export").get("choice")
    if kept is None:
        return None
    base = None if kept["base"] is None else Kept(**kept["base"])
    return Choice(**{**kept, "base": base})


def full_after_all(work: Work, execution: Execution, because: Because) -> Back:
    write_json(work, execution, FORCED, {"because": because})
    return Back(f"The whole list is read: {REASONS[because]}.", because, is_problem=False)


def first_whole_part(execution: Execution) -> int:
    """The number of the first part that has all columns of its leads."""
    choice = choice_of(execution)
    return 0 if choice is None or choice.base is None else int(checkpoint_of(execution, "download")["parts"])


def _may_be(execution: Execution) -> bool:
    scope = execution.service.rules.get("scope")
    wanted = isinstance(scope, Mapping) and scope.get("incremental") is True
    return wanted and execution.service.kind == "dedupe" and execution.undoes is None


def _fingerprint(execution: Execution, rules: DedupeRules) -> str:
    chosen = execution.service.list
    return fingerprint(rules, [] if chosen is None else [chosen.kind, chosen.id])


def _forced(work: Work, execution: Execution) -> Because | None:
    try:
        because: Because = read_json(work, execution, FORCED)["because"]
    except NotFound:
        return None
    return because
