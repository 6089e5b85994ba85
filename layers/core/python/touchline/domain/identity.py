"""Which actors are the same person: edges from an actor to the one it turned out to be, listed, and undone."""

from dataclasses import dataclass
from typing import Literal

ClaimKind = Literal["identify", "alias", "manual"]
EdgeState = Literal["active", "refused", "undone"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What an event says: actor `actor` is really `known`."""

    actor: str
    known: str
    kind: ClaimKind
    at: int  # epoch ms, of the event
    sequence: int
    event: str  # the event's `_id`; "" for a manual one


@dataclass(frozen=True, slots=True)
class Edge:
    """A claim as it is kept. Of an actor's claims that are not undone the earliest (at, sequence, event) holds."""

    id: str
    claim: Claim
    state: EdgeState
    reason: str = ""  # why it was refused
    changed_at: int = 0  # epoch ms


@dataclass(frozen=True, slots=True)
class EdgeFilter:
    """Edges of one actor (as either end), or in one state; all where neither is given."""

    actor: str | None = None
    state: EdgeState | None = None
