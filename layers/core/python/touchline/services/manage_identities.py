"""Who is who, looked at and corrected by people: merged by hand, undone, done again. Changes are attributed anew."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from touchline.domain.events import actor_id_of
from touchline.domain.identity import REASONS, Claim, Edge, EdgeFilter, EdgeState, edge_id
from touchline.domain.identity_nodes import MOST_KEPT, MOST_OWN
from touchline.domain.rejection import Refused
from touchline.domain.tenancy import Tenant
from touchline.errors import Conflict, InvalidRequest, NotFound
from touchline.ports import AttributionQueue, ChangedPeople, Identities

EVERY_EDGE = MOST_KEPT + MOST_OWN


@dataclass(frozen=True, slots=True)
class Managing:
    identities: Identities
    queue: AttributionQueue
    tenant: Tenant
    now: int  # epoch ms


@dataclass(frozen=True, slots=True)
class Person:
    """`actors`: all ids of this person, its own first. `edges`: what is said of them, and what is no longer."""

    id: str
    actors: list[str]
    edges: list[Edge]


def stored_id(value: object, tenant: Tenant, field: str) -> str:
    """The id as events have it. Raises InvalidRequest for one that no event can have."""
    try:
        return actor_id_of(value, tenant)
    except Refused as refused:
        raise InvalidRequest(refused.rejection.reason.replace("actor.id", field), field=field) from refused


def find_person(identities: Identities, tenant: Tenant, actor_id: str) -> Person:
    actor = stored_id(actor_id, tenant, "actor")
    person = identities.people(tenant.id, [actor])[actor]
    actors = identities.members(tenant.id, [person])[person]
    if actor not in actors:
        raise Conflict("Who this is changes at this moment; ask again.")
    return Person(person, actors, identities.own_edges(tenant.id, actors))


def merge(managing: Managing, actor_id: str, known_id: str, *, merge_known: bool) -> Edge:
    """Raises Conflict where the two are people of their own, unless `merge_known` says that they are one."""
    tenant = managing.tenant
    actor, known = stored_id(actor_id, tenant, "actor"), stored_id(known_id, tenant, "known")
    if actor == known:
        raise InvalidRequest("actor and known are the same id.", field="known")
    _check_parted(managing, actor, known)
    if not merge_known and _are_both_known(managing, actor, known):
        raise Conflict(f"{REASONS['both_known']} To do so, send merge_known: true.", field="merge_known")
    claim = Claim(actor, known, "manual", managing.now, 0, "", merge_known=merge_known)
    changed = set(managing.identities.claim(tenant.id, [claim]))
    edge = _found(managing, edge_id(actor, known))
    if edge.state == "undone":
        return _change(managing, edge, "active")
    _tell(managing, changed | {actor, known})
    return edge


def undo(managing: Managing, wanted: str) -> Edge:
    return _change(managing, _found(managing, wanted), "undone")


def redo(managing: Managing, wanted: str) -> Edge:
    """Active again, or refused where the rules say so."""
    return _change(managing, _found(managing, wanted), "active")


def _change(managing: Managing, edge: Edge, state: EdgeState) -> Edge:
    """Told of also where nothing changed: the first time may have ended before the telling."""
    if (edge.state == "undone") != (state == "undone"):
        changed = managing.identities.change(managing.tenant.id, replace(edge, state=state), managing.now)
    else:
        changed = []
    _tell(managing, {*changed, *edge.claim.pair})
    return _found(managing, edge.id)


def _tell(managing: Managing, actors: Iterable[str]) -> None:
    tenant = managing.tenant.id
    people = set(managing.identities.people(tenant, actors).values())
    members = managing.identities.members(tenant, people).values()
    everybody = {actor for own in members for actor in own} | set(actors)
    managing.queue.send(ChangedPeople(tenant, sorted(everybody), reason="identity"))


def _found(managing: Managing, wanted: str) -> Edge:
    edge = managing.identities.edge(managing.tenant.id, wanted)
    if edge is None:
        raise NotFound("There is no edge with this id.")
    return edge


def _check_parted(managing: Managing, actor: str, known: str) -> None:
    """Raises Conflict where they are one person already by other claims, or `actor` was given away by hand."""
    tenant = managing.tenant.id
    own = managing.identities.own_edges(tenant, [actor])
    if any(edge.claim.known == known and edge.state == "active" for edge in own):
        return  # the same again, which is harmless
    if any(edge.claim.kind == "manual" and edge.state == "active" for edge in own):
        raise Conflict("The actor was merged by hand before; undo that first.", field="actor")
    people = managing.identities.people(tenant, [actor, known])
    if people[actor] == people[known]:
        raise Conflict("The two are one person already.", field="known")


def _are_both_known(managing: Managing, actor: str, known: str) -> bool:
    names_actor = [edge for edge in _edges(managing, actor) if edge.claim.known == actor]
    return bool(names_actor) and bool([edge for edge in _edges(managing, known) if edge.claim.actor != actor])


def _edges(managing: Managing, actor: str) -> list[Edge]:
    wanted = EdgeFilter(actor)
    found, _ = managing.identities.edges(managing.tenant.id, wanted, limit=EVERY_EDGE, after=None)
    return [edge for edge in found if edge.state != "undone"]
