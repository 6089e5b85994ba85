"""One item of the work that a stage was divided into. Whoever is asked twice makes the same files again."""

from collections.abc import Callable, Mapping
from typing import Any

from touchline.domain.marketo.executions import ENDED, Execution
from touchline.services.marketo.changing_parts import change_part
from touchline.services.marketo.deduplicating import PHASES as OF_DEDUPLICATION
from touchline.services.marketo.run_stage import Run
from touchline.services.marketo.work import Work

PHASES: Mapping[str, Callable[[Work, Execution, int], None]] = {"part": change_part, **OF_DEDUPLICATION}


def work_on_item(work: Work, run: Run, item: Mapping[str, Any]) -> None:
    """Nothing where the execution was stopped, or goes on in another run: that one looks for what is missing."""
    execution = work.executions.get(run.tenant, run.execution)
    if execution is None or execution.attempt != run.attempt or execution.state in {*ENDED, "stopping"}:
        return
    PHASES[item["phase"]](work, execution, item["number"])
