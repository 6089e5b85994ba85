"""Components equal those of a plain union-find, and no shape of links makes them slow."""

from collections.abc import Callable
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.leads.components import roots

MILLION = 1_000_000
Links = list[tuple[int, int]]

# Few ids, so that links meet; extremes, so that nothing is narrowed.
ids = st.integers(0, 30) | st.sampled_from([2**31, 2**53 + 1, 2**63 - 1])
links = st.lists(st.tuples(ids, ids), max_size=60)


def union_find(pairs: Links) -> dict[int, int]:
    parent: dict[int, int] = {}

    def find(node: int) -> int:
        while parent[node] != node:
            node = parent[node]
        return node

    for left, right in pairs:
        parent.setdefault(left, left)
        parent.setdefault(right, right)
        low, high = sorted((find(left), find(right)))
        parent[high] = low
    return {node: find(node) for node in parent}


def components(pairs: Links) -> dict[int, int]:
    found, root = roots(*np.array(pairs, np.int64).reshape(-1, 2).T)
    assert found.dtype == root.dtype == np.int64
    assert list(found) == sorted(set(found.tolist()))
    return dict(zip(found.tolist(), root.tolist(), strict=True))


@given(links)
def test_components_are_those_of_a_union_find(pairs: Links) -> None:
    assert components(pairs) == union_find(pairs)


@given(links, st.randoms(use_true_random=False))
def test_order_direction_and_repetition_of_links_do_not_matter(pairs: Links, random: Random) -> None:
    shuffled = [pair if random.random() < 0.5 else pair[::-1] for pair in pairs + pairs[: len(pairs) // 2]]
    random.shuffle(shuffled)
    assert components(shuffled) == components(pairs)


def test_no_links_are_no_components() -> None:
    found, root = roots(np.empty(0, np.int64), np.empty(0, np.int64))
    assert found.size == root.size == 0


def chain() -> npt.NDArray[np.int64]:
    return np.stack([np.arange(MILLION), np.arange(1, MILLION + 1)])


def shuffled_chain() -> npt.NDArray[np.int64]:
    order = np.random.default_rng(3).permutation(MILLION + 1)
    return np.stack([order[:-1], order[1:]])


def hub_with_the_largest_id() -> npt.NDArray[np.int64]:
    return np.stack([np.full(MILLION, MILLION), np.arange(MILLION)])


def comb() -> npt.NDArray[np.int64]:
    """A spine of hubs whose ids are larger than those of the teeth between them."""
    teeth = np.arange(MILLION // 2)
    hubs = teeth + MILLION
    return np.concatenate([np.stack([teeth, hubs]), np.stack([teeth[1:], hubs[:-1]])], axis=1)


@pytest.mark.parametrize("shape", [chain, shuffled_chain, hub_with_the_largest_id, comb])
def test_a_million_links_are_one_component_in_any_shape(shape: Callable[[], npt.NDArray[np.int64]]) -> None:
    found, root = roots(*shape())
    assert set(root.tolist()) == {0}
    assert found[0] == 0
