"""/v1/marketo/executions/<id>/files and /explain: what was changed, and why. Both show leads: for the scope admin."""

from itertools import islice
from typing import Annotated, Final

from aws_lambda_powertools.event_handler.openapi.params import Query
from touchline.domain.marketo.files import is_kept
from touchline.services.marketo.managing import find_execution

from manage_marketo import parts
from manage_marketo.execution_models import (
    ExplanationShown,
    FieldChange,
    FileShown,
    FilesShown,
    GuardShown,
    MergeShown,
)
from manage_marketo.routing import managing_of, moment, new_router

TAGS: Final = ["Marketo: executions"]
LINK_SECONDS: Final = 900
MOST_FILES: Final = 100

router = new_router()


@router.get("/v1/marketo/executions/<execution_id>/files", tags=TAGS, summary="Its report and its records, with links")
def list_files(
    execution_id: str,
    limit: Annotated[int, Query(ge=1, le=MOST_FILES)] = 50,
    cursor: Annotated[str, Query(max_length=300)] = "",
) -> FilesShown:
    managing = managing_of(router)
    tenant, execution = managing.tenant, find_execution(managing, execution_id).id
    names = (name for name in parts.files().names(tenant, execution) if is_kept(name) and name > cursor)
    found = list(islice(names, limit + 1))
    shown = [
        FileShown(
            name=name,
            size=parts.files().size(tenant, execution, name) or 0,
            link=parts.files().link(tenant, execution, name, LINK_SECONDS),
        )
        for name in found[:limit]
    ]
    until = moment(managing.now + LINK_SECONDS * 1_000)
    return FilesShown(files=shown, links_until=until, next=found[limit - 1] if len(found) > limit else None)


@router.get("/v1/marketo/executions/<execution_id>/explain", tags=TAGS, summary="Why a lead was changed or left alone")
def explain(execution_id: str, lead: Annotated[int, Query(ge=1)]) -> ExplanationShown:
    # Loads data frames, which nothing else here does.
    from touchline.services.marketo.explain_lead import explain_lead

    managing = managing_of(router)
    execution = find_execution(managing, execution_id)
    found = explain_lead(parts.files(), managing.tenant, execution.id, lead)
    return ExplanationShown(
        lead=lead,
        words=found.words,
        changes=[FieldChange(**row) for row in found.changes],
        merges=[MergeShown(**row) for row in found.merges],
        quarantine=[GuardShown(**row) for row in found.quarantine],
    )
