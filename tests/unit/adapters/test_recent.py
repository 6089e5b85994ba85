"""The latest are kept, as many as there is room for."""

from hypothesis import given
from hypothesis import strategies as st
from touchline.adapters.recent import Recent


@given(st.integers(0, 8), st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 5)), max_size=20))
def test_the_latest_are_kept_that_have_room_together(most: int, asked: list[tuple[str, int]]) -> None:
    recent: Recent[tuple[str, int]] = Recent(most, lambda one: one[1])
    order: list[tuple[str, int]] = []  # what should be kept, the latest last
    for name, size in asked:
        held = recent.get(name)
        assert held == next((one for one in order if one[0] == name), None)
        found = recent.keep(name, held or (name, size))
        assert found == (held or (name, size))
        order = [one for one in order if one[0] != name] + [found]
        while sum(one[1] for one in order) > most and len(order) > 1:
            order.pop(0)
    assert [recent.get(name) for name in "abcd"] == [
        next((one for one in order if one[0] == name), None) for name in "abcd"
    ]


def test_what_grows_is_told_anew() -> None:
    recent: Recent[list[int]] = Recent(2, len)
    first = recent.keep("a", [])
    recent.keep("b", [1])
    first += [1, 2]
    assert recent.get("a") is first
    recent.keep("b", [])
    assert recent.get("a") is None
    assert recent.get("b") == [1]


def test_what_was_kept_first_stays() -> None:
    recent: Recent[list[int]] = Recent(2, len)
    kept = recent.keep("a", [])
    assert recent.keep("a", [1]) is kept
