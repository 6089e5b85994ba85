"""Which actors are the same person: edges from an actor to the one it turned out to be, listed, and undone.

Claims of the same two are one, the earliest of them. What holds is a function of the claims alone, whenever and however
often they came: see `identity_rules`.
"""

import base64
import binascii
from dataclasses import dataclass, replace
from typing import Final, Literal

ClaimKind = Literal["identify", "alias", "manual"]
EdgeState = Literal["active", "refused", "undone"]

REASONS: Final = {
    "both_known": "Both were known before as people of their own; merge them by hand if they are one.",
    "too_many_actors": "Too many actors were already said to be this one; such an id is shared and nobody's own.",
    "claimed_earlier": "The actor belongs to another since an earlier event.",
}

type Order = tuple[int, int, str, str, str]
type Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """What an event says: actor `actor` is really `known`."""

    actor: str
    known: str
    kind: ClaimKind
    at: int  # epoch ms, of the event
    sequence: int
    event: str  # the event's `_id`; "" for a manual one
    merge_known: bool = False  # made by hand, for two who are both known

    @property
    def order(self) -> Order:
        """When it was said. An event may say two things: the ids tell them apart."""
        return (self.at, self.sequence, self.event, self.actor, self.known)

    @property
    def pair(self) -> Pair:
        return (self.actor, self.known)


@dataclass(frozen=True, slots=True)
class Edge:
    """A claim as it is kept. Of an actor's claims that are not undone one holds: see the rules."""

    id: str
    claim: Claim
    state: EdgeState
    reason: str = ""  # why it was refused, of REASONS
    changed_at: int = 0  # epoch ms; of the last undoing or redoing, 0: there was none


@dataclass(frozen=True, slots=True)
class EdgeFilter:
    """Edges of one actor (as either end), or in one state; all where neither is given."""

    actor: str | None = None
    state: EdgeState | None = None

    def takes(self, edge: Edge) -> bool:
        return self.actor in {None, *edge.claim.pair} and self.state in {None, edge.state}


def edge_id(actor: str, known: str) -> str:
    """The same two have the same edge; both can be read from it."""
    return ".".join(base64.urlsafe_b64encode(end.encode()).decode().rstrip("=") for end in (actor, known))


def edge_ends(edge_id: str) -> Pair | None:
    """None for what is not an edge's id."""
    actor, _, known = edge_id.partition(".")
    try:
        ends = [base64.b64decode(end + "=" * (-len(end) % 4), b"-_", validate=True).decode() for end in (actor, known)]
    except (binascii.Error, ValueError):
        return None
    return (ends[0], ends[1]) if all(ends) else None


def joined(one: Claim | None, other: Claim) -> Claim:
    """Two claims of the same two as one: said when it was first said, and by hand if it ever was."""
    if one is None:
        return other
    earliest = min(one, other, key=lambda claim: (claim.order, claim.kind))
    kind: ClaimKind = "manual" if "manual" in {one.kind, other.kind} else earliest.kind
    return replace(earliest, kind=kind, merge_known=one.merge_known or other.merge_known)
