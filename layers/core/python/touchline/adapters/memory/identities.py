"""Who is who, kept in memory: all claims, resolved anew at each question."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from touchline.domain.identity import Claim, Edge, EdgeFilter, Pair, edge_ends, edge_id, joined
from touchline.domain.identity_rules import MOST_CLAIMS, Resolution, resolve, root_of


class MemoryIdentities:
    def __init__(self, most: int = MOST_CLAIMS) -> None:
        self._most = most
        self._claims: dict[str, dict[Pair, Claim]] = {}
        self._undone: dict[str, dict[Pair, bool]] = {}
        self._changed: dict[tuple[str, Pair], int] = {}

    def claim(self, tenant: str, claims: Sequence[Claim]) -> list[str]:
        before = self._resolution(tenant)
        kept = self._claims.setdefault(tenant, {})
        for claim in claims:
            if claim.actor != claim.known:
                kept[claim.pair] = joined(kept.get(claim.pair), claim)
        return self._moved(tenant, before)

    def people(self, tenant: str, actors: Iterable[str]) -> dict[str, str]:
        parents = self._resolution(tenant).parents
        return {actor: root_of(actor, parents) for actor in actors}

    def members(self, tenant: str, people: Iterable[str]) -> dict[str, list[str]]:
        merged = self.merged(tenant)
        found = {person: [person] for person in people}
        for actor in sorted(merged):
            if merged[actor] in found:
                found[merged[actor]].append(actor)
        return found

    def merged(self, tenant: str) -> Mapping[str, str]:
        parents = self._resolution(tenant).parents
        people = {actor: root_of(actor, parents) for actor in parents}
        return {actor: person for actor, person in people.items() if actor != person}

    def edge(self, tenant: str, edge_id: str) -> Edge | None:
        pair = edge_ends(edge_id)
        return self._edges(tenant).get(pair) if pair else None

    def own_edges(self, tenant: str, actors: Iterable[str]) -> list[Edge]:
        wanted = set(actors)
        return [edge for pair, edge in sorted(self._edges(tenant).items()) if pair[0] in wanted]

    def edges(self, tenant: str, wanted: EdgeFilter, *, limit: int, after: str | None) -> tuple[list[Edge], str | None]:
        found = [edge for _, edge in sorted(self._edges(tenant).items()) if wanted.takes(edge)]
        start = int(after or 0)
        return found[start : start + limit], str(start + limit) if start + limit < len(found) else None

    def change(self, tenant: str, edge: Edge, now: int) -> list[str]:
        before = self._resolution(tenant)
        pair = edge.claim.pair
        if pair in self._claims.get(tenant, {}):
            self._undone.setdefault(tenant, {})[pair] = edge.state == "undone"
            self._changed[tenant, pair] = now
        return self._moved(tenant, before)

    def _resolution(self, tenant: str) -> Resolution:
        undone = {pair for pair, is_undone in self._undone.get(tenant, {}).items() if is_undone}
        return resolve(self._claims.get(tenant, {}).values(), undone, self._most)

    def _edges(self, tenant: str) -> dict[Pair, Edge]:
        refused = self._resolution(tenant).refused
        edges = {}
        for pair, claim in self._claims.get(tenant, {}).items():
            edge = Edge(edge_id(*pair), claim, "active", changed_at=self._changed.get((tenant, pair), 0))
            if self._undone.get(tenant, {}).get(pair):
                edge = replace(edge, state="undone")
            elif pair in refused:
                edge = replace(edge, state="refused", reason=refused[pair])
            edges[pair] = edge
        return edges

    def _moved(self, tenant: str, before: Resolution) -> list[str]:
        """Everybody of the people that lost or won an actor."""
        after = self._resolution(tenant).parents
        actors = before.parents.keys() | after.keys()
        people = set()
        for actor in actors:
            was, became = root_of(actor, before.parents), root_of(actor, after)
            if was != became:
                people |= {was, became}
        every = self.members(tenant, {root_of(person, after) for person in people} | people)
        return sorted({actor for members in every.values() for actor in members})
