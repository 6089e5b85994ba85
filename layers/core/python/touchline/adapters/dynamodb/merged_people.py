"""Every merged actor of a tenant with its person, kept between questions: only what changed is read again."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from touchline.adapters.dynamodb.identity_nodes import SHARDS, IdentityNodes
from touchline.domain.identity_rules import root_of

TENANT_SIZE: Final = 1_000  # what is kept of a tenant without any, in merged actors
# An index of a table shows a change a moment later, and writers' clocks differ: so much is read once more.
OVERLAP_MS: Final = 60_000


class MergedPeople:
    def __init__(self) -> None:
        self._people: dict[str, str] = {}
        self._parents: dict[str, str] = {}
        self._children: defaultdict[str, set[str]] = defaultdict(set)
        self._newest = [0] * SHARDS

    def size(self) -> int:
        return TENANT_SIZE + len(self._parents)

    def read(self, nodes: IdentityNodes, tenant: str) -> dict[str, str]:
        with ThreadPoolExecutor(SHARDS) as readers:
            parts = readers.map(lambda shard: self._changes(nodes, tenant, shard), range(SHARDS))
            changes = {actor: parent for part in parts for actor, parent in part.items()}
        changed = {actor for actor, parent in changes.items() if self._parents.get(actor) != parent}
        for actor in changed:
            self._move(actor, changes[actor])
        if changed:
            self._people = dict(self._people)  # who asked before keeps what was true then
            self._resolve(changed)
        return self._people

    def _changes(self, nodes: IdentityNodes, tenant: str, shard: int) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        since, after, more = max(0, self._newest[shard] - OVERLAP_MS), None, True
        while more:
            changes, more = nodes.changed(tenant, shard, since=since, after=after)
            found |= {change.actor: change.parent for change in changes}
            if changes:
                self._newest[shard], after = changes[-1].at, changes[-1].place
        return found

    def _move(self, actor: str, parent: str | None) -> None:
        self._children[self._parents.pop(actor, "")].discard(actor)
        if parent is not None:
            self._parents[actor] = parent
            self._children[parent].add(actor)

    def _resolve(self, changed: set[str]) -> None:
        """Who changed, and who leads to them."""
        waiting, seen = list(changed), set(changed)
        while waiting:
            actor = waiting.pop()
            person = root_of(actor, self._parents)
            if person == actor:
                self._people.pop(actor, None)
            else:
                self._people[actor] = person
            waiting += self._children[actor] - seen
            seen |= self._children[actor]
