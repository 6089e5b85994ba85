"""Intervals as people write them."""

import pytest
from touchline.domain.queries.intervals import Interval, parse_interval
from touchline.errors import InvalidInterval


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("day", Interval("day")),
        ("1 day", Interval("day")),
        ("15 minutes", Interval("minute", 15)),
        ("15minutes", Interval("minute", 15)),
        (" 2 Weeks ", Interval("week", 2)),
        ("quarter", Interval("quarter")),
    ],
)
def test_reads_an_interval(text: str, interval: Interval) -> None:
    assert parse_interval(text) == interval


@pytest.mark.parametrize("text", ["", "fortnight", "0 days", "-1 day", "1.5 hours", "day day", "99999 years", "٣ days"])
def test_refuses_what_is_none(text: str) -> None:
    with pytest.raises(InvalidInterval):
        parse_interval(text)


def test_a_part_of_a_day_must_divide_it_and_the_nearest_that_does_is_named() -> None:
    with pytest.raises(InvalidInterval, match=r"6 hours"):
        parse_interval("7 hours")
    with pytest.raises(InvalidInterval, match=r"16 minutes"):
        parse_interval("17 minutes")
