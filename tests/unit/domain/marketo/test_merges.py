"""What reading its leads says about a merge, whatever was sent and whoever else was at work."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.merges import Merge, changed_keys, left_out, looked_at, next_losers, sent

PLANNED = Merge(2, 2, (3, 4, 5))
SENDING = Merge(2, 2, (3, 4, 5), "sending")


@pytest.mark.parametrize(
    ("merge", "there", "state", "gone", "reason"),
    [
        (PLANNED, [2, 3, 4, 5], "planned", (), None),
        (PLANNED, [2, 3, 5], "left_out", (), "loser_gone"),
        (PLANNED, [3, 4, 5], "left_out", (), "winner_gone"),
        (PLANNED, [2], "left_out", (), "loser_gone"),
        (SENDING, [2, 3, 4, 5], "sending", (), None),
        (SENDING, [2], "merged", (3, 4, 5), None),
        (SENDING, [4], "merged", (3, 5), None),  # the CRM's record survived
        (SENDING, [2, 5], "sending", (3, 4), None),  # one call of two
        (SENDING, [4, 5], "left_out", (3,), "winner_gone"),
        (SENDING, [], "left_out", (3, 4, 5), "winner_gone"),
    ],
)
def test_what_is_there_says_what_has_happened(
    merge: Merge, there: Sequence[int], state: str, gone: tuple[int, ...], reason: str | None
) -> None:
    now = looked_at(merge, there)
    assert (now.state, now.gone, now.reason) == (state, gone, reason)


def test_looking_twice_says_the_same() -> None:
    once = looked_at(SENDING, [2, 5])
    assert looked_at(once, [2, 5]) == once


@given(st.integers(1, 120), st.booleans())
def test_calls_take_all_losers_each_once(losers: int, in_crm: bool) -> None:  # noqa: FBT001
    merge, seen = Merge(1, 1, tuple(range(2, losers + 2))), []
    while not merge.is_settled:
        some = next_losers(merge, in_crm=in_crm)
        assert 1 <= len(some) <= (1 if in_crm else 25)
        seen += some
        merge = sent(merge, some)
    assert seen == list(merge.losers)


def test_left_out_is_settled_with_its_reason() -> None:
    assert (left_out(PLANNED, "x").is_settled, left_out(PLANNED, "x").reason) == (True, "x")


def test_keys_that_are_others_by_now_are_named() -> None:
    fields = {name: LeadField(name, name, kind) for name, kind in (("email", "email"), ("score", "integer"))}
    expected = {"email": "a@example.com", "score": "5"}
    assert changed_keys({"email": "a@example.com", "score": 5}, expected, ["email", "score"], fields) == []
    assert changed_keys({"email": "b@example.com", "score": 5}, expected, ["email", "score"], fields) == ["email"]
    assert changed_keys({"email": None, "score": 5}, {}, ["email"], fields) == []  # not of the extract
