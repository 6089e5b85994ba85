"""Who came back when is as looking at each person says, whatever the clocks do."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.queries.buckets import boundaries
from touchline.domain.queries.clock import DAY, instant, zone_named
from touchline.domain.queries.intervals import parse_interval
from touchline.domain.queries.ranges import TimeRange, resolve_range
from touchline.domain.queries.scope import Scope
from touchline.domain.sequences.retention import Bracket, Retention
from touchline.domain.sequences.retention_numbers import RetentionPeople, retention_row
from touchline.domain.sequences.returns import Returns, find_returns, join_returns

from tests.unit.domain.sequences.asking import CAMPAIGN, Told, rows_of
from tests.unit.domain.sequences.naive_retention import naive_retention

BERLIN = zone_named("Europe/Berlin")
# Three weeks with the end of summer time in the middle.
SPAN = resolve_range("2026-10-15", "2026-11-05", BERLIN)
HOUR = 3_600_000
NOBODY = np.zeros(0, np.uint64)


def retention(**more: Any) -> Retention:
    scope = Scope(SPAN, BERLIN, "monday")
    unless: dict[str, Any] = {"interval": parse_interval("week"), "counting": "on", "brackets": on(3)}
    said = {"start": (), "start_said": (), "back": (), "back_said": ()}
    return Retention(scope, **(unless | said | more))


def on(last: int) -> tuple[Bracket, ...]:
    return tuple(Bracket(k, k) for k in range(last + 1))


def on_or_after(last: int) -> tuple[Bracket, ...]:
    return tuple(Bracket(k, last) for k in range(last + 1))


def told(hours: int = 60 * 24) -> st.SearchStrategy[list[Told]]:
    at = st.integers(0, hours).map(lambda hour: SPAN.start + hour * HOUR)
    return st.lists(st.tuples(st.integers(0, 2), at, st.integers(0, 3), st.integers(0, 3)), max_size=14)


def found(asked: Retention, events: list[Told], before: set[int] | None = None) -> Returns:
    return find_returns(asked, asked.grid(), rows_of(events), np.array(sorted(before or ()), np.uint64))


@settings(max_examples=300)
@given(
    events=told(),
    interval=st.sampled_from(["day", "2 days", "week", "month"]),
    clock=st.sampled_from(["calendar", "rolling"]),
    entry=st.sampled_from(["every", "first", "first_ever"]),
    brackets=st.sampled_from([on(3), on(70), on_or_after(4), (Bracket(0, 2), Bracket(60, 66), Bracket(3, 3))]),
    before=st.sets(st.integers(0, 2)),
    zone=st.sampled_from(["Europe/Berlin", "UTC", "America/Sao_Paulo"]),
)
def test_every_option_is_as_defined(
    events: list[Told], interval: str, brackets: Any, before: set[int], zone: str, **options: Any
) -> None:
    if interval == "month" and options["clock"] == "rolling":
        return
    asked = retention(interval=parse_interval(interval), brackets=brackets, **options)
    asked = replace(asked, scope=Scope(SPAN, zone_named(zone), "sunday"))
    returns = found(asked, events, before)
    naive = naive_retention(asked, asked.grid(), rows_of(events), before)
    columns = [returns.came_back(bracket).tolist() for bracket in asked.brackets]
    cells = list(zip(returns.people.tolist(), returns.cohorts.tolist(), zip(*columns, strict=True), strict=True))
    assert {(person, cohort): list(back) for person, cohort, back in cells} == naive
    assert len(cells) == len(naive)


@given(st.sampled_from(["day", "week", "month", "3 months", "year"]), st.integers(0, 50), st.integers(1, 200))
def test_the_grid_goes_on_with_the_calendars_own_buckets(interval: str, periods: int, days: int) -> None:
    scope = Scope(TimeRange(SPAN.start, SPAN.start + days * DAY), BERLIN, "monday")
    asked = replace(retention(interval=parse_interval(interval), brackets=on(periods)), scope=scope)
    grid = asked.grid()
    assert len(grid.edges) == grid.cohorts + periods + 1
    inner = boundaries(SPAN.start, grid.edges[-1], asked.interval, BERLIN, "monday")
    assert list(grid.edges) == inner


@given(events=told(), clock=st.sampled_from(["calendar", "rolling"]))
def test_on_or_after_never_rises(events: list[Told], clock: Any) -> None:
    asked = retention(interval=parse_interval("day"), brackets=on_or_after(6), clock=clock)
    returns = found(asked, events)
    people = RetentionPeople(asked, asked.grid(), returns, SPAN.end + 100 * DAY)
    for cohort in retention_row(people, np.ones(len(returns), np.bool_))["cohorts"]:
        numbers = [cohort["people"], *(cell["people"] for cell in cohort["cells"])]
        assert numbers == sorted(numbers, reverse=True)


@given(events=told(), parts=st.integers(1, 3))
def test_parts_of_the_people_join_to_the_whole(events: list[Told], parts: int) -> None:
    asked = retention(field=CAMPAIGN)
    joined = join_returns([found(asked, [e for e in events if e[0] % parts == p]) for p in range(parts)])
    assert described(found(asked, events)) == described(joined)


def described(returns: Returns) -> list[tuple[Any, ...]]:
    assert returns.values is not None
    values = [returns.values.table[code] for code in returns.values.codes]
    return sorted(zip(returns.people.tolist(), returns.cohorts.tolist(), returns.periods.tolist(), values, strict=True))


def test_a_day_of_25_hours_is_one_period() -> None:
    asked = retention(interval=parse_interval("day"), brackets=on(2))
    start = instant(datetime(2026, 10, 24, 22, 30, tzinfo=UTC))  # 00:30 on the 25th, whose 25 hours begin at 22:00 UTC
    returns = found(asked, [(1, start, 1, 0), (1, start + 24 * HOUR, 2, 0), (1, start + 25 * HOUR, 2, 0)])
    assert [returns.came_back(bracket).tolist() for bracket in asked.brackets] == [[True], [True], [False]]


def test_the_mean_is_pooled_over_complete_cells_only() -> None:
    asked = retention(brackets=on(1))
    first, second, third = asked.grid().edges[:3]
    events = [
        *((person, first, 1, 0) for person in range(3)),
        (0, second, 2, 0),
        *((person, second, 1, 0) for person in range(10, 20)),
        (10, third, 2, 0),
    ]
    people = RetentionPeople(asked, asked.grid(), found(asked, sorted(events)), third + HOUR)
    row = retention_row(people, np.ones(len(people.returns), np.bool_))
    assert [cell["complete"] for cell in (row["cohorts"][0]["cells"][1], row["cohorts"][1]["cells"][1])] == [
        True,
        False,
    ]
    assert row["cohorts"][1]["cells"][1]["people"] == 1
    assert row["mean"][1] == {"people": 1, "of": 3, "rate": pytest.approx(1 / 3), "cohorts": 1}
    assert row["cohorts"][3]["cells"][1] == {"people": None, "rate": None, "complete": False}
