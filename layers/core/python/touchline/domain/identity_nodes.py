"""Claims laid out by actor: each node has what it says itself, what is said of it, and what follows for it.

A claim changes its two nodes, and seldom what follows for others: `concerned` says for whom.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from touchline.domain.identity import Claim, Edge, EdgeState, Pair, edge_id, joined
from touchline.domain.identity_rules import MOST_CLAIMS, Naming, judge, naming

# A node is one item of a table, of 400 KB at most, and an id of 128 characters may have 512 bytes. Of the claims of an
# actor the earliest so many are kept, and of those that name it: more than count, so that some can be undone.
MOST_KEPT: Final = MOST_CLAIMS + 100
MOST_OWN: Final = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """A claim as one of its nodes keeps it. `reason` (why it is refused) is the actor's own to know."""

    claim: Claim
    undone: bool = False
    reason: str = ""
    changed_at: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """`own`: the actor's claims, by the known one. `named_by`: those that name it, by actor."""

    actor: str
    own: Mapping[str, Kept] = field(default_factory=dict)
    named_by: Mapping[str, Kept] = field(default_factory=dict)
    parent: str | None = None  # the known one of the claim that holds

    def naming(self, most: int = MOST_CLAIMS) -> Naming:
        return naming(_said(self.named_by), _said(self.own), most)

    def edges(self) -> list[Edge]:
        return [_edge(kept) for _, kept in sorted(self.own.items())]


type Ends = tuple[Node, Node]  # the actor's and the known one's


def with_claim(ends: Ends, claim: Claim) -> Ends:
    actor, known = ends
    mine = _with(actor.own, claim.known, claim, MOST_OWN)
    return replace(actor, own=mine), replace(known, named_by=_with(known.named_by, claim.actor, claim, MOST_KEPT))


def with_undone(ends: Ends, pair: Pair, *, undone: bool, now: int) -> Ends:
    """Unchanged where there is no such claim."""
    actor, known = ends
    own, named_by = dict(actor.own), dict(known.named_by)
    if pair[1] in own:
        own[pair[1]] = replace(own[pair[1]], undone=undone, changed_at=now)
    if pair[0] in named_by:
        named_by[pair[0]] = replace(named_by[pair[0]], undone=undone)
    return replace(actor, own=own), replace(known, named_by=named_by)


def concerned(before: Ends, after: Ends, most: int) -> set[str]:
    """The actors whose claims must be judged anew: the actor itself, and who depends on what changed of either."""
    found = {after[0].actor}
    for was, became in zip(before, after, strict=True):
        old, new = was.naming(most), became.naming(most)
        if old.named != new.named and became.own:
            found.add(became.actor)
        if (old.touched, old.last) != (new.touched, new.last):
            found |= became.named_by.keys()
    return found


def judged(node: Node, naming_of: Callable[[str], Naming], most: int) -> Node:
    """The node with what follows from its claims."""
    verdict = judge(_said(node.own), node.naming(most), naming_of)
    own = {
        known: replace(kept, reason="" if kept.undone else verdict.refused.get(kept.claim.pair, ""))
        for known, kept in node.own.items()
    }
    return replace(node, own=own, parent=verdict.holds.known if verdict.holds else None)


def _said(kept: Mapping[str, Kept]) -> Iterable[Claim]:
    return [one.claim for one in kept.values() if not one.undone]


def _with(kept: Mapping[str, Kept], other: str, claim: Claim, most: int) -> dict[str, Kept]:
    present = kept.get(other)
    claim = joined(present.claim if present else None, claim)
    every = {**kept, other: replace(present, claim=claim) if present else Kept(claim)}
    if len(every) > most:
        del every[max(every, key=lambda one: every[one].claim.order)]
    return every


def _edge(kept: Kept) -> Edge:
    state: EdgeState = "undone" if kept.undone else "refused" if kept.reason else "active"
    return Edge(edge_id(*kept.claim.pair), kept.claim, state, kept.reason, kept.changed_at)
