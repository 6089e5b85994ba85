"""Edges page by page: of one actor by the other end, of a whole tenant by when its actors last changed."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from touchline.adapters.dynamodb.identity_nodes import SHARDS, IdentityNodes
from touchline.domain.identity import Edge, EdgeFilter
from touchline.errors import InvalidRequest

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
    shard, start = _read(after, list) if after else (0, None)
    found: list[Edge] = []
    while True:
        changes, start = nodes.changed(tenant, shard, start=start, limit=limit)
        read = nodes.read(tenant, [actor for actor, _, _ in changes])
        found += [edge for stored in read.values() for edge in stored.node.edges() if wanted.takes(edge)]
        if start is None:
            shard += 1
        if shard == SHARDS:
            return found, None
        if len(found) >= limit:
            return found, _told([shard, start])


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
