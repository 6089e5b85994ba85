"""Who is who, kept in DynamoDB. A claim is judged from its two actors and those they name; many may write at once.

What is written was read before, and only if nobody wrote in between; the claim's own two nodes come last, so that a
claim cut short is simply made again.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from touchline.adapters.dynamodb.identity_nodes import IdentityNodes, Stored
from touchline.adapters.dynamodb.identity_pages import page_of_actor, page_of_tenant
from touchline.adapters.dynamodb.merged_people import MergedPeople
from touchline.adapters.recent import Recent
from touchline.domain.identity import Claim, Edge, EdgeFilter, Pair, edge_ends, joined
from touchline.domain.identity_nodes import Ends, Node, concerned, judged, with_claim, with_undone
from touchline.domain.identity_rules import MOST_CLAIMS, Naming, root_of
from touchline.errors import StoreUnavailable

TRIES: Final = 20  # each time another writer came first, and finished
WRITERS: Final = 8
MOST_MERGED: Final = 1_000_000  # actors of all tenants that are kept between questions, some hundred bytes each
WRITTEN_AT_ONCE: Final = 98  # of a transaction's 100, beside the claim's own two
WRITTEN_BYTES: Final = 3_000_000  # of a transaction's 4 MB: each of the two has 400 KB at most
# Besides the ids of the claims: a node's names, numbers, own and parent's id; a claim's numbers, event and reason.
NODE_BYTES: Final = 2_000
CLAIM_BYTES: Final = 150


class DynamoDbIdentities:
    def __init__(
        self,
        client: Any,
        table: str,
        *,
        clock: Callable[[], int] | None = None,
        most: int = MOST_CLAIMS,
        most_merged: int = MOST_MERGED,
    ) -> None:
        self._nodes = IdentityNodes(client, table)
        self._clock = clock or _now
        self._most = most
        self._merged: Recent[MergedPeople] = Recent(most_merged, MergedPeople.size)

    def claim(self, tenant: str, claims: Sequence[Claim]) -> list[str]:
        wanted: dict[Pair, Claim] = {}
        for claim in claims:
            if claim.actor != claim.known:
                wanted[claim.pair] = joined(wanted.get(claim.pair), claim)
        by_known: defaultdict[str, list[Claim]] = defaultdict(list)
        for claim in self._new(tenant, wanted.values()):
            by_known[claim.known].append(claim)
        if not by_known:
            return []
        with ThreadPoolExecutor(WRITERS) as writers:
            moved = list(writers.map(lambda same: self._take(tenant, same), by_known.values()))
        return self._everybody(tenant, set().union(*moved))

    def people(self, tenant: str, actors: Iterable[str]) -> dict[str, str]:
        wanted = set(actors)
        parents: dict[str, str] = {}
        asked: set[str] = set()
        unknown = wanted
        while unknown:
            found = self._nodes.parents(tenant, unknown)
            parents |= found
            asked |= unknown
            unknown = set(found.values()) - asked
        return {actor: root_of(actor, parents) for actor in wanted}

    def members(self, tenant: str, people: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {person: [] for person in people}
        level = {person: person for person in found}
        seen = set(found)
        while level:
            nodes = self._nodes.read(tenant, level, consistent=True)
            named = {actor for stored in nodes.values() for actor in stored.node.named_by}
            parents = self._nodes.parents(tenant, named - seen)
            level = {actor: level[parent] for actor, parent in parents.items() if parent in level}
            seen |= level.keys()
            for actor, person in level.items():
                found[person].append(actor)
        return {person: [person, *sorted(members)] for person, members in found.items()}

    def merged(self, tenant: str) -> Mapping[str, str]:
        known = self._merged.keep(tenant, self._merged.get(tenant) or MergedPeople())
        return known.read(self._nodes, tenant)

    def edge(self, tenant: str, edge_id: str) -> Edge | None:
        pair = edge_ends(edge_id)
        if pair is None:
            return None
        node = self._nodes.read(tenant, [pair[0]], consistent=True)[pair[0]].node
        return next((edge for edge in node.edges() if edge.claim.pair == pair), None)

    def own_edges(self, tenant: str, actors: Iterable[str]) -> list[Edge]:
        nodes = self._nodes.read(tenant, actors, consistent=True)
        return [edge for stored in nodes.values() for edge in stored.node.edges()]

    def edges(self, tenant: str, wanted: EdgeFilter, *, limit: int, after: str | None) -> tuple[list[Edge], str | None]:
        page = page_of_tenant if wanted.actor is None else page_of_actor
        return page(self._nodes, tenant, wanted, limit, after)

    def change(self, tenant: str, edge: Edge, now: int) -> list[str]:
        pair, undone = edge.claim.pair, edge.state == "undone"
        moved = self._apply(tenant, pair, lambda ends: with_undone(ends, pair, undone=undone, now=now))
        return self._everybody(tenant, moved)

    def _new(self, tenant: str, claims: Iterable[Claim]) -> list[Claim]:
        """Those that are not kept yet, or not as early; the rest costs no more than this reading."""
        claims = sorted(claims, key=lambda claim: claim.order)
        nodes = self._nodes.read(tenant, {claim.actor for claim in claims})
        return [claim for claim in claims if not _is_kept(nodes[claim.actor].node, claim)]

    def _take(self, tenant: str, claims: Iterable[Claim]) -> set[str]:
        return set().union(*[self._take_one(tenant, claim) for claim in claims])

    def _take_one(self, tenant: str, claim: Claim) -> set[str]:
        return self._apply(tenant, claim.pair, lambda ends: with_claim(ends, claim))

    def _apply(self, tenant: str, pair: Pair, change: Callable[[Ends], Ends]) -> set[str]:
        """The actors that have moved, and the parents that they left."""
        for _ in range(TRIES):
            read = self._nodes.read(tenant, pair, consistent=True)
            before = (read[pair[0]].node, read[pair[1]].node)
            after = change(before)
            if after == before:
                return set()
            new = self._judged(tenant, before, after, read)
            if self._written(tenant, pair, new, read):
                moved = {actor for actor, node in new.items() if node.parent != read[actor].node.parent}
                return moved | {parent for actor in moved if (parent := read[actor].node.parent) is not None}
        raise StoreUnavailable("Others were writing about the same people; the same claim may work a moment later.")

    def _judged(self, tenant: str, before: Ends, after: Ends, read: dict[str, Stored]) -> dict[str, Node]:
        """All nodes to be written; `read` gets those that had to be read for it."""
        new = {node.actor: node for node in after}
        actors = concerned(before, after, self._most)
        read |= self._nodes.read(tenant, actors - read.keys(), consistent=True)
        targets = {known for actor in actors for known in new.get(actor, read[actor].node).own}
        read |= self._nodes.read(tenant, targets - read.keys(), consistent=True)

        def naming_of(actor: str) -> Naming:
            return new.get(actor, read[actor].node).naming(self._most)

        # Also who stays as he was is written: so nobody judges by what was read before this.
        return new | {actor: judged(new.get(actor, read[actor].node), naming_of, self._most) for actor in actors}

    def _written(self, tenant: str, pair: Pair, new: Mapping[str, Node], read: Mapping[str, Stored]) -> bool:
        others = [actor for actor in new if actor not in pair]
        portions = [*_portions(new[actor] for actor in others)] or [[]]
        portions[-1] += pair
        now = self._clock()
        return all(
            self._nodes.write(tenant, {actor: new[actor] for actor in portion}, read, now) for portion in portions
        )

    def _everybody(self, tenant: str, actors: set[str]) -> list[str]:
        """All actors of the people that these are now."""
        people = set(self.people(tenant, actors).values())
        return sorted({actor for members in self.members(tenant, people).values() for actor in members})


def _portions(nodes: Iterable[Node]) -> Iterator[list[str]]:
    """Actors whose nodes one transaction takes, with room for two more."""
    portion: list[str] = []
    size = 0
    for node in nodes:
        more = _most_bytes(node)
        if portion and (len(portion) == WRITTEN_AT_ONCE or size + more > WRITTEN_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(node.actor)
        size += more
    if portion:
        yield portion


def _most_bytes(node: Node) -> int:
    return NODE_BYTES + sum(
        CLAIM_BYTES + len(other.encode()) for others in (node.own, node.named_by) for other in others
    )


def _is_kept(node: Node, claim: Claim) -> bool:
    kept = node.own.get(claim.known)
    return kept is not None and joined(kept.claim, claim) == kept.claim


def _now() -> int:
    return time.time_ns() // 1_000_000
