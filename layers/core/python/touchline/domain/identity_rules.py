"""Which claims hold. The answer does not depend on the order in which they came, nor on how often.

- Undone claims say nothing.
- A claim that joins two people who were both known before it is refused (`both_known`), unless a person made it who
  says so. An actor is known from the first claim on that names it as the known one; the other end of a claim is known
  from the first claim on that names it at all.
- Of the claims that name the same known actor the earliest MOST_CLAIMS count; the others are refused
  (`too_many_actors`).
- Of an actor's claims that are left the earliest that was made by hand holds, else the earliest; the others are refused
  (`claimed_earlier`).

Only by hand can a circle be made, by two who do not know of each other: all in it are one person, called by its
smallest id.

Each rule looks at one actor and at those that its claims name: a new claim is judged without reading everybody's.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from touchline.domain.identity import Claim, Order, Pair

# A person has a few devices, and where browsers forget, a new id each week on each: 400 are years of them.
MOST_CLAIMS: Final = 400


@dataclass(frozen=True, slots=True)
class Naming:
    """From when on an actor is named, in the order of claims."""

    named: Order | None = None  # as the known one
    touched: Order | None = None  # at all
    last: Order | None = None  # the last claim on it as the known one that counts; None: all do


@dataclass(frozen=True, slots=True)
class Judged:
    holds: Claim | None
    refused: dict[Pair, str]


def naming(known_by: Iterable[Claim], knows: Iterable[Claim], most: int = MOST_CLAIMS) -> Naming:
    """From an actor's claims that are not undone: those that name it as the known one, and its own."""
    orders = sorted(claim.order for claim in known_by)
    touched = min([*orders[:1], *(claim.order for claim in knows)], default=None)
    return Naming(orders[0] if orders else None, touched, orders[most - 1] if len(orders) > most else None)


def judge(claims: Iterable[Claim], actor: Naming, naming_of: Callable[[str], Naming]) -> Judged:
    """Of one actor's claims that are not undone the one that holds, and why the others do not."""
    judged = Judged(None, {})
    for claim in sorted(claims, key=lambda claim: (claim.kind != "manual", claim.order)):
        reason = _refusal(claim, actor, naming_of(claim.known))
        if reason is None and judged.holds is not None:
            reason = "claimed_earlier"
        if reason is None:
            judged = Judged(claim, judged.refused)
        else:
            judged.refused[claim.pair] = reason
    return judged


def _refusal(claim: Claim, actor: Naming, known: Naming) -> str | None:
    order = claim.order
    if known.last is not None and order > known.last:
        return "too_many_actors"
    both = actor.named is not None and known.touched is not None and actor.named < order and known.touched < order
    return "both_known" if both and not claim.merge_known else None


@dataclass(frozen=True, slots=True)
class Resolution:
    """`parents`: the actor that another turned out to be. Follow them to the person."""

    parents: dict[str, str]
    refused: dict[Pair, str]


def resolve(claims: Collection[Claim], undone: Collection[Pair], most: int = MOST_CLAIMS) -> Resolution:
    """All claims at once, one for each pair: what a store that judges them one by one must arrive at."""
    own: defaultdict[str, list[Claim]] = defaultdict(list)
    of_known: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.pair not in undone:
            own[claim.actor].append(claim)
            of_known[claim.known].append(claim)
    names = {actor: naming(of_known.get(actor, ()), own.get(actor, ()), most) for actor in own.keys() | of_known.keys()}
    judged = {actor: judge(mine, names[actor], names.__getitem__) for actor, mine in own.items()}
    parents = {actor: one.holds.known for actor, one in judged.items() if one.holds is not None}
    return Resolution(parents, {pair: reason for one in judged.values() for pair, reason in one.refused.items()})


def root_of(actor: str, parents: Mapping[str, str]) -> str:
    """The person: the end of the way."""
    way = [actor]
    while way[-1] in parents:
        actor = parents[way[-1]]
        if actor in way:
            return min(way[way.index(actor) :])
        way.append(actor)
    return way[-1]
