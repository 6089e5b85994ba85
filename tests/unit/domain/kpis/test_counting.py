"""Cells of a breakdown against an oracle that counts one by one; events may have several values."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.kpis.counting import Rows, bucket_of, entries, top_values
from touchline.domain.sequences.rows import Coded

EDGES = [10, 20, 20, 35]
VALUES = ((), ("x",), ("y",), ("x", "y"), ("y", "z", "x"), (True,), (1, "x"))


@st.composite
def events(draw: st.DrawFn) -> list[tuple[int, int, int, bool]]:
    """Key, time, values, wanted; in order of key, then time."""
    one = st.tuples(st.integers(0, 3), st.integers(5, 40), st.integers(0, len(VALUES) - 1), st.booleans())
    return sorted(draw(st.lists(one, max_size=40)))


def is_in(values: tuple[object, ...], row: int, rows: Rows) -> bool:
    listed = [(type(key), key) for key in rows.keys]
    found = {(type(value), value) for value in values}
    if row == 0:
        return True
    if row <= len(listed):
        return listed[row - 1] in found
    return bool(found - set(listed)) if row == len(listed) + 1 else not found


@given(events(), st.integers(1, 4))
def test_cells_and_totals_are_those_of_the_oracle(made: list[tuple[int, int, int, bool]], top: int) -> None:
    key, at, codes = (np.array([one[place] for one in made], np.int64) for place in range(3))
    wanted = np.array([one[3] for one in made], np.bool_)
    coded, bucket = Coded(codes.astype(np.int32), VALUES), bucket_of(at, EDGES)
    rows = top_values(coded, bucket, top)
    inside = entries(bucket, len(EDGES) - 1, coded, rows)
    counted, number = inside.by(key).different(wanted), inside.of(wanted).events()
    for row in range(rows.number):
        own = [one for one in made if one[3] and 10 <= one[1] < 35 and is_in(VALUES[one[2]], row, rows)]
        assert counted.total[row] == len({one[0] for one in own})
        for place, (start, end) in enumerate(pairwise(EDGES)):
            here = [one for one in own if start <= one[1] < end]
            assert counted.buckets[row, place] == len({one[0] for one in here})
            assert number.buckets[row, place] == len(here)


def test_top_values_have_the_most_events_and_equal_ones_come_by_text() -> None:
    coded = Coded(np.array([1, 2, 2, 3, 0], np.int32), VALUES)
    rows = top_values(coded, np.array([0, 0, 0, 0, 0], np.int64), 2)
    assert rows.keys == ("y", "x")
    assert top_values(coded, np.full(5, -1, np.int64), 2).keys == ()
