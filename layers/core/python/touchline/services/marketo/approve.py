"""Stage 6: whether what was found is written. A preview is not; more changes than the rules allow ask a person."""

from typing import Any

from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Ask, Done, Step
from touchline.services.marketo.work import Work, checkpoint_of, log_line

USUAL_SHARE = 0.3  # of the list


def approve(work: Work, execution: Execution) -> Step:
    checkpoint: dict[str, Any] = dict(checkpoint_of(execution, "approve"))
    worked = checkpoint_of(execution, "work")
    if execution.preview or not worked.get("writes", False):
        return Done({**checkpoint, "write": False})
    if "approved_at" in checkpoint:
        log_line(work, execution, "approve", "was approved", approved_at=checkpoint["approved_at"])
        return Done({**checkpoint, "write": True})
    changed, leads, most = worked["changed_leads"], worked["leads"], worked.get("ask_above_share", USUAL_SHARE)
    if changed > leads * most:
        reason = (
            f"{changed:,} of {leads:,} leads would be changed, more than the {most:.0%} of the list at which these "
            f"rules ask first. Look at the report of changes, then approve or stop."
        )
        return Ask(checkpoint, reason)
    return Done({**checkpoint, "write": True})
