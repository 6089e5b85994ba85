"""Edges page by page: of one actor by the other end, of a whole tenant by when its actors last changed."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

from touchline.adapters.dynamodb.identity_nodes import READ_AT_ONCE, SHARDS, IdentityNodes, Place
from touchline.domain.identity import Edge, EdgeFilter
from touchline.errors import InvalidRequest

# Of a tenant's hundred thousands few may be wanted: a page ends after so many readings, within API Gateway's 30 s.
MOST_READ: Final = 50

type Page = tuple[list[Edge], str | None]


def page_of_actor(nodes: IdentityNodes, tenant: str, wanted: EdgeFilter, limit: int, after: str | None) -> Page:
    """Some hundreds at most: read whole."""
    actor = str(wanted.actor)
    node = nodes.read(tenant, [actor], consistent=True)[actor].node
    others = nodes.read(tenant, node.named_by, consistent=True)
    edges = [*node.edges(), *(edge for stored in others.values() for edge in stored.node.edges())]
    found = sorted((edge for edge in edges if wanted.takes(edge)), key=lambda edge: edge.claim.pair)
    start = _read(after, int) if after else 0
    return found[start : start + limit], _told(start + limit) if start + limit < len(found) else None


def page_of_tenant(nodes: IdentityNodes, tenant: str, wanted: EdgeFilter, limit: int, after: str | None) -> Page:
    """Shorter than `limit` also where so much was read without finding more: the next page goes on."""
    shard, place = _place(after) if after else (0, None)
    found: list[Edge] = []
    for _ in range(MOST_READ):
        changes, more = nodes.changed(tenant, shard, after=place, limit=READ_AT_ONCE)
        read = nodes.read(tenant, [change.actor for change in changes])
        for change in changes:
            if len(found) >= limit:
                return found, _told([shard, place])
            found += [edge for edge in read[change.actor].node.edges() if wanted.takes(edge)]
            place = change.place
        if not more:
            shard, place = shard + 1, None
        if shard == SHARDS:
            return found, None
    return found, _told([shard, place])


def _place(after: str) -> tuple[int, Place | None]:
    shard, place = _read(after, list)
    return shard, None if place is None else (place[0], place[1])


def _told(place: Any) -> str:
    return urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read[Place](after: str, kind: type[Place]) -> Place:
    try:
        place = json.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except ValueError as error:
        raise InvalidRequest("after is not a cursor that a page gave.", field="after") from error
    if not isinstance(place, kind):
        raise InvalidRequest("after is not a cursor that a page gave.", field="after")
    return place
