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
from touchline.services.marketo.work import Work, log_line

TIMES: Final = "keys/times-"


def keeping(work: Work, execution: Execution) -> Choice | None:
    """None where the next run goes on from nothing that this one keeps."""
    choice = choice_of(work, execution)
    return choice if choice is not None and choice.keeps else None


def keep_times(work: Work, execution: Execution, choice: Choice, part: int, leads: pl.DataFrame) -> None:
    """`leads`: those of a part, with the columns `TIMED`."""
    write_table(work, execution, f"{TIMES}{part:05}.parquet", read_times(leads, choice.until))


def keep_keys(work: Work, execution: Execution, number: int, keys: Sequence[pl.DataFrame]) -> None:
    state.put_state(work, execution, state.keys_of(number), pl.concat(keys))


def keep_decided(work: Work, execution: Execution, decision: Decision, times: pl.DataFrame | None = None) -> None:
    """After its keys; `times`: of all leads, where its parts do not have them."""
    if times is None:
        times = each_once([read_table(work, execution, name) for name in names_of(work, execution, TIMES)])
    state.put_state(work, execution, state.TIMES, times)
    state.put_state(work, execution, state.MEMBERS, read_table(work, execution, MEMBERS))
    state.put_state(work, execution, state.STOPPED, left_alone(decision.quarantine))
    state.put_state(work, execution, state.OPENED, opened_leads(decision))


def let_the_next_go_on(work: Work, execution: Execution) -> dict[str, Any]:
    """At the end of an execution; what is told of it."""
    choice = keeping(work, execution)
    if choice is None:
        return {}
    slices = len(state.kept_slices(work, execution))
    kept = state.Kept(execution.id, choice.fingerprint, slices, choice.full_at)
    if not state.point_to(work, execution, kept):
        log_line(work, execution, "report", "keeps nothing for the next run: what it had made is gone")
        return {}
    log_line(work, execution, "report", "keeps what the next run goes on from")
    return {"last_full_at": choice.full_at}
