"""What a run over the whole list keeps for the next one, and from when on that may go on from it."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from touchline.domain.leads.decisions import Decision
from touchline.domain.leads.incremental import each_once, left_alone, opened_leads, read_times
from touchline.domain.marketo.executions import Execution
from touchline.services.marketo import incremental_state as state
from touchline.services.marketo.dedupe_tables import MEMBERS
from touchline.services.marketo.execution_json import names_of
from touchline.services.marketo.execution_tables import read_table, write_table
from touchline.services.marketo.incremental_choice import Choice, choice_of
from touchline.services.marketo.work import Work, checkpoint_of, log_line

TIMES: Final = "keys/times-"


def keeping(execution: Execution) -> Choice | None:
    """None where the next run goes on from nothing that this one keeps."""
    choice = choice_of(execution)
    return choice if choice is not None and choice.keeps else None


def keep_times(work: Work, execution: Execution, choice: Choice, part: int, leads: pl.DataFrame) -> None:
    """`leads`: those of a part, with the columns `TIMED`."""
    write_table(work, execution, f"{TIMES}{part:05}.parquet", read_times(leads, choice.until))


def keep_keys(work: Work, execution: Execution, number: int, keys: Sequence[pl.DataFrame]) -> None:
    state.put_state(work, execution, state.keys_of(number), pl.concat(keys))


def keep_decided(
    work: Work, execution: Execution, decision: Decision, slices: int, times: pl.DataFrame | None = None
) -> dict[str, Any]:
    """After the keys of all `slices`; `times`: of all leads, where its parts do not have them. What the end has to know
    of it, for the checkpoint."""
    if times is None:
        times = each_once([read_table(work, execution, name) for name in names_of(work, execution, TIMES)])
    opened = opened_leads(decision)
    state.put_state(work, execution, state.TIMES, times)
    state.put_state(work, execution, state.MEMBERS, read_table(work, execution, MEMBERS))
    state.put_state(work, execution, state.STOPPED, left_alone(decision.quarantine))
    state.put_state(work, execution, state.OPENED, opened)
    return {"state": {"slices": slices, "opened": opened.height}}


def let_the_next_go_on(work: Work, execution: Execution) -> dict[str, Any]:
    """At the end of an execution; what plans of the next one are made with, for the checkpoint."""
    choice, made = keeping(execution), checkpoint_of(execution, "work").get("state")
    if choice is None or made is None:
        return {}
    kept = state.Kept(execution.id, choice.fingerprint, made["slices"], choice.full_at, made["opened"])
    if not state.point_to(work, execution, kept):
        log_line(work, execution, "report", "keeps nothing for the next run: what it had made is gone")
        return {}
    log_line(work, execution, "report", "keeps what the next run goes on from")
    return {"kept": {"full_at": kept.full_at, "opened": kept.opened}}
