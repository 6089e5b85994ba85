"""/v1/identities and /v1/people: who is who, merged by hand, undone and done again.

Sample payload: events/manage_api/merge_identities.json
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from touchline.domain.identity import REASONS, Edge, EdgeFilter
from touchline.services import manage_identities

from manage_api import parts
from manage_api.identity_models import Identities, Identity, Merge, Person
from manage_api.routing import caller_of, new_router

TAGS = ["People"]
MOST_LISTED = 500
PEOPLE = "/v1/people/"

router = new_router()


@router.get("/v1/identities", tags=TAGS, summary="List who is said to be whom")
def list_identities(
    actor: Annotated[str | None, Query(description="As either end.")] = None,
    state: Annotated[Literal["active", "refused", "undone"] | None, Query()] = None,
    limit: Annotated[
        int, Query(ge=1, le=MOST_LISTED, description="An actor's own stay together and may exceed it.")
    ] = 50,
    after: Annotated[str | None, Query()] = None,
) -> Identities:
    tenant = caller_of(router).tenant
    wanted = EdgeFilter(None if actor is None else manage_identities.stored_id(actor, tenant, "actor"), state)
    edges, following = parts.identities().edges(tenant.id, wanted, limit=limit, after=after)
    return Identities(identities=[_shown(edge) for edge in edges], next=following)


@router.post("/v1/identities", tags=TAGS, summary="Say by hand that an actor is really another")
def merge_identities(merge: Annotated[Merge, Body()]) -> tuple[Identity, int]:
    managing = parts.managing_identities(caller_of(router).tenant)
    edge = manage_identities.merge(managing, merge.actor, merge.known, merge_known=merge.merge_known)
    return _shown(edge), 201


@router.post("/v1/identities/<identity_id>/undo", tags=TAGS, summary="Part them again; it stays so")
def undo_identity(identity_id: str) -> Identity:
    return _shown(manage_identities.undo(parts.managing_identities(caller_of(router).tenant), identity_id))


@router.post("/v1/identities/<identity_id>/redo", tags=TAGS, summary="Take back an undoing")
def redo_identity(identity_id: str) -> Identity:
    return _shown(manage_identities.redo(parts.managing_identities(caller_of(router).tenant), identity_id))


@router.get("/v1/people/<actor_id>", tags=TAGS, summary="Read who an actor is, with all ids of that person")
def read_person(actor_id: str) -> Person:
    person = manage_identities.find_person(parts.identities(), caller_of(router).tenant, unquote(actor_id))
    return Person(person=person.id, actors=person.actors, identities=[_shown(edge) for edge in person.edges])


def with_encoded_actor(request: dict[str, Any]) -> dict[str, Any]:
    """The resolver ends a part of a path at a slash; the gateway has decoded those that belong to an actor's id."""
    path = request["rawPath"]
    if not path.startswith(PEOPLE):
        return request
    return {**request, "rawPath": PEOPLE + quote(unquote(path.removeprefix(PEOPLE)), safe="")}


def _shown(edge: Edge) -> Identity:
    return Identity(
        id=edge.id,
        actor=edge.claim.actor,
        known=edge.claim.known,
        kind=edge.claim.kind,
        state=edge.state,
        code=edge.reason or None,
        reason=REASONS.get(edge.reason),
        at=_moment(edge.claim.at),
        event=edge.claim.event or None,
        changed_at=_moment(edge.changed_at) if edge.changed_at else None,
    )


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
