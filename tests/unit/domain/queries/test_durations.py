"""Lengths of time are read as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.queries.clock import DAY
from touchline.domain.queries.durations import UNIT_MS, describe_duration, parse_duration
from touchline.errors import InvalidInterval

YEAR = 366 * DAY


@pytest.mark.parametrize(
    ("text", "length"),
    [("7 days", 7 * DAY), ("1 day", DAY), ("90 minutes", 5_400_000), ("2weeks", 14 * DAY), (" 36 Hours ", 129_600_000)],
)
def test_reads_a_number_of_units(text: str, length: int) -> None:
    assert parse_duration(text, "window", longest=YEAR) == length


@pytest.mark.parametrize("text", ["", "day", "1 month", "-1 days", "1.5 days", "0 days", "367 days", "1 fortnight"])
def test_says_what_would_work_where_it_cannot(text: str) -> None:
    with pytest.raises(InvalidInterval, match=r"days") as raised:
        parse_duration(text, "window", longest=YEAR)
    assert raised.value.field == "window"


@given(st.integers(1, 366), st.sampled_from(sorted(UNIT_MS)))
def test_what_is_said_is_read_as_the_same(count: int, unit: str) -> None:
    length = count * UNIT_MS[unit]
    assert parse_duration(describe_duration(length).replace(",", ""), "window", longest=400 * YEAR) == length
