"""Who is who does not depend on the order in which claims came, nor on how often."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.domain.identity import Claim, EdgeFilter, EdgeState, Pair, edge_ends, edge_id, joined
from touchline.domain.identity_rules import Resolution, resolve, root_of

ACTORS = "abcdefg"
actors = st.sampled_from(ACTORS)
claims_of_few = st.builds(
    Claim,
    actors,
    actors,
    st.sampled_from(["identify", "alias", "manual"]),
    st.integers(0, 6),
    st.integers(0, 2),
    st.sampled_from(["e1", "e2"]),
    st.booleans(),
).filter(lambda claim: claim.actor != claim.known)
many_claims = st.lists(claims_of_few, max_size=12)
pairs = st.sets(st.tuples(actors, actors), max_size=6)


def resolved(claims: Sequence[Claim], undone: set[Pair] | frozenset[Pair] = frozenset(), most: int = 3) -> Resolution:
    kept: dict[Pair, Claim] = {}
    for claim in claims:
        kept[claim.pair] = joined(kept.get(claim.pair), claim)
    return resolve(kept.values(), undone, most)


@given(many_claims, st.randoms(), pairs)
def test_order_and_repetition_change_nothing(claims: list[Claim], chance: Any, undone: set[Pair]) -> None:
    again = claims + [chance.choice(claims) for _ in claims]
    chance.shuffle(again)
    assert resolved(again, undone) == resolved(claims, undone)


@given(many_claims, pairs)
def test_undone_and_redone_is_as_before(claims: list[Claim], undone: set[Pair]) -> None:
    store = MemoryIdentities()
    store.claim("acme", claims)
    before = store.edges("acme", EdgeFilter(), limit=99, after=None)[0]
    chosen = [edge for edge in before if edge.claim.pair in undone]
    states: tuple[EdgeState, ...] = ("undone", "active")
    for state in states:
        for edge in chosen:
            store.change("acme", replace(edge, state=state), 0)
    assert store.edges("acme", EdgeFilter(), limit=99, after=None)[0] == before


@given(many_claims)
def test_without_all_that_was_said_everybody_is_himself(claims: list[Claim]) -> None:
    assert resolved(claims, {claim.pair for claim in claims}) == Resolution({}, {})


@given(many_claims, pairs)
def test_each_claim_holds_or_is_refused_and_a_person_is_its_own_person(claims: list[Claim], undone: set[Pair]) -> None:
    found = resolved(claims, undone)
    said = {claim.pair for claim in claims} - undone
    assert found.refused.keys() | set(found.parents.items()) == said
    assert not found.refused.keys() & set(found.parents.items())
    for actor in ACTORS:
        person = root_of(actor, found.parents)
        assert root_of(person, found.parents) == person


@given(many_claims)
def test_events_never_make_two_known_people_one(claims: list[Claim]) -> None:
    """By events alone no way leads round, and nobody who was known joins one who was known before, too."""
    by_events = [claim for claim in claims if claim.kind != "manual" and not claim.merge_known]
    parents = resolved(by_events).parents
    for actor in ACTORS:
        seen = [actor]
        while seen[-1] in parents:
            seen.append(parents[seen[-1]])
            assert len(seen) == len(set(seen))
    for claim in sorted(by_events, key=lambda claim: claim.order):
        holds = parents.get(claim.actor) == claim.known
        assert not (holds and _named_before(claim, by_events) and _touched_before(claim, by_events))


def _named_before(claim: Claim, claims: Sequence[Claim]) -> bool:
    first = min(one.order for one in claims if one.pair == claim.pair)
    return any(one.known == claim.actor and one.order < first for one in claims)


def _touched_before(claim: Claim, claims: Sequence[Claim]) -> bool:
    first = min(one.order for one in claims if one.pair == claim.pair)
    return any(claim.known in one.pair and one.order < first for one in claims)


def test_a_shared_browser_is_the_firsts() -> None:
    """Two people log in on it; the second stays a person of its own."""
    claims = [Claim("browser", "ann", "identify", 1, 0, "e1"), Claim("browser", "bob", "identify", 2, 0, "e2")]
    for order in permutations(claims):
        found = resolved(order)
        assert found.parents == {"browser": "ann"}
        assert found.refused == {("browser", "bob"): "claimed_earlier"}
    assert resolved(claims, {("browser", "ann")}).parents == {"browser": "bob"}


@given(st.text(min_size=1), st.text(min_size=1))
def test_an_edges_id_says_its_ends(actor: str, known: str) -> None:
    try:
        (actor + known).encode()
    except UnicodeEncodeError:
        return
    assert edge_ends(edge_id(actor, known)) == (actor, known)


@given(st.text())
def test_what_is_not_an_edges_id_is_told(text: str) -> None:
    ends = edge_ends(text)
    assert ends is None or edge_ends(edge_id(*ends)) == ends
