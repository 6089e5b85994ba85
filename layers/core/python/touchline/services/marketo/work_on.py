"""Stage 5: what is to be changed, found out as the service's kind asks, or as it was before an execution."""

from collections.abc import Mapping

from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.services import Kind
from touchline.domain.marketo.steps import Back, Step
from touchline.services.marketo.changing_parts import change_parts
from touchline.services.marketo.deduplicating import deduplicate
from touchline.services.marketo.import_activities import import_activities
from touchline.services.marketo.part_files import EXTRACT_GONE, part_numbers
from touchline.services.marketo.run_stage import Perform
from touchline.services.marketo.undoing import undo
from touchline.services.marketo.work import Work, checkpoint_of

PERFORM_WORK: Mapping[Kind, Perform] = {
    "dedupe": deduplicate,
    "email_hash": change_parts,
    "email_domain": change_parts,
    "activity_import": import_activities,
}


def work_on(work: Work, execution: Execution) -> Step:
    if len(part_numbers(work, execution)) < checkpoint_of(execution, "download").get("parts", 0):
        return Back(EXTRACT_GONE, "extract_gone")
    if execution.undoes is not None:
        return undo(work, execution)
    return PERFORM_WORK[execution.service.kind](work, execution)
