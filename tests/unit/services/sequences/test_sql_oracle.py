"""Funnels and retention of a hundred thousand events, against SQL that was written from the definitions alone."""

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pytest
from touchline.domain.queries.clock import DAY
from touchline.services.sources import Sources

from tests.unit.services.sequences.asking import ask, document, does, sources_of

EVENTS = 100_000
PEOPLE = 6_000
DAYS = 20
START = 1_793_577_600_000  # Monday, 2 November 2026, in UTC
END = START + 18 * DAY  # of the range; then there is time for what began last to go on, and not for all of it
NOW = START + DAYS * DAY
WINDOW = 3 * DAY
RANGE = {"from": "2026-11-02", "to": "2026-11-20", "time_zone": "UTC"}
ACTIONS = np.array(["sent", "opened", "clicked", "payment", "visited"])
STEPS = [{"filters": does(action)} for action in ("sent", "opened", "clicked", "payment")]


def make_events() -> list[dict[str, Any]]:
    """To the minute, so that many share theirs."""
    chance = np.random.default_rng(5)
    at = START + chance.integers(0, DAYS * 1440, EVENTS) * 60_000
    who = (chance.random(EVENTS) ** 2 * PEOPLE).astype(int)
    action = ACTIONS[chance.choice(5, EVENTS, p=[0.3, 0.25, 0.15, 0.05, 0.25])]
    campaign = chance.integers(0, 6, EVENTS)
    facts = zip(at.tolist(), who.tolist(), action.tolist(), campaign.tolist(), strict=True)
    return [
        document(number, at, f"p{who}", action, f"c{c}" if c else None, ())
        for number, (at, who, action, c) in enumerate(facts)
    ]


@pytest.fixture(scope="module")
def made() -> list[dict[str, Any]]:
    return make_events()


@pytest.fixture(scope="module")
def sources(made: list[dict[str, Any]]) -> Sources:
    found = sources_of(made)
    found.columns.as_of = NOW  # type: ignore[attr-defined]
    return found


@pytest.fixture(scope="module")
def sql(made: list[dict[str, Any]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """`events`: person, moment, action, campaign, and nth: their order within the person."""
    columns = {
        "person": np.array([one["actor"]["id"] for one in made]),
        "moment": np.array([one["@timestamp"] for one in made]),
        "sequence": np.array([one["sequence"] for one in made]),
        "action": np.array([one["action"] for one in made]),
        "campaign": np.array([one.get("context", {}).get("campaign", "") for one in made]),
    }
    with duckdb.connect() as connection:
        connection.register("sent", columns)
        connection.execute(
            "create table events as select *, row_number() over (partition by person order by moment, sequence) as nth "
            f"from sent; create view begun as select * from events where moment >= {START} and moment < {END}"
        )
        yield connection


# By step the latest beginning from which a chain can have come so far; and with it whether the window still holds.
LEVELS = f"""
with one as (
    select *, case when action = 'sent' and moment < {END} then moment end as s1 from events
), two as (
    select *, case when action = 'opened' then max(s1) over before end as s2_any from one
    window before as (partition by person order by nth rows between unbounded preceding and 1 preceding)
), two_kept as (
    select *, case when moment - s2_any <= {WINDOW} then s2_any end as s2 from two
), three as (
    select *, case when action = 'clicked' then max(s2) over before end as s3_any from two_kept
    window before as (partition by person order by nth rows between unbounded preceding and 1 preceding)
), three_kept as (
    select *, case when moment - s3_any <= {WINDOW} then s3_any end as s3 from three
), four as (
    select *, case when action = 'payment' then max(s3) over before end as s4_any from three_kept
    window before as (partition by person order by nth rows between unbounded preceding and 1 preceding)
), four_kept as (
    select *, case when moment - s4_any <= {WINDOW} then s4_any end as s4 from four
)
select person, case when count(s4) > 0 then 4 when count(s3) > 0 then 3 when count(s2) > 0 then 2 else 1 end as level
from four_kept group by person having count(s1) > 0
"""

# Every chain of all four steps that there is, cut to the earliest of each person.
CONVERTED = f"""
with chains as (
    select a.person, a.moment as began, a.campaign, d.moment - a.moment as took,
           row_number() over (partition by a.person order by a.nth, b.nth, c.nth, d.nth) as place
    from begun a
    join events b on b.person = a.person and b.action = 'opened' and b.nth > a.nth and b.moment <= a.moment + {WINDOW}
    join events c on c.person = a.person and c.action = 'clicked' and c.nth > b.nth and c.moment <= a.moment + {WINDOW}
    join events d on d.person = a.person and d.action = 'payment' and d.nth > c.nth and d.moment <= a.moment + {WINDOW}
    where a.action = 'sent'
)
select * from chains where place = 1
"""


def test_the_levels_of_a_funnel(sources: Sources, sql: duckdb.DuckDBPyConnection) -> None:
    row = ask(sources, "funnel", now=NOW, **RANGE, steps=STEPS, window="3 days")["rows"][0]
    reached = sql.execute(
        f"select count(*), count(*) filter (level >= 2), count(*) filter (level >= 3), count(*) filter (level = 4) "
        f"from ({LEVELS})"
    ).fetchone()
    assert tuple(step["people"] for step in row["steps"]) == reached
    assert row["converted"] > 100
    waiting = sql.execute(
        f"select count(distinct person) from ({LEVELS}) join begun using (person) "
        f"where level < 4 and action = 'sent' and moment + {WINDOW} >= {NOW}"
    ).fetchone()
    assert (row["in_progress"],) == waiting
    assert row["in_progress"] > 100


def test_when_people_converted_and_how_long_it_took(sources: Sources, sql: duckdb.DuckDBPyConnection) -> None:
    body = {"steps": STEPS, "window": "3 days", "interval": "day", "breakdown": {"field": "context.campaign", "top": 3}}
    answer = ask(sources, "funnel", now=NOW, **RANGE, **body)
    whole = answer["rows"][0]
    times = sql.execute(
        f"select count(*), avg(took), quantile_disc(took, 0.5), quantile_disc(took, 0.9) from ({CONVERTED})"
    ).fetchone()
    found = whole["time_to_convert"]
    assert (found["people"], found["median_ms"], found["percentiles_ms"]["90"]) == (times[0], times[2], times[3])
    assert found["average_ms"] == pytest.approx(times[1])
    by_day = dict(sql.execute(f"select (began - {START}) // {DAY}, count(*) from ({CONVERTED}) group by 1").fetchall())
    assert [bucket["people"][3] for bucket in whole["trend"]] == [by_day.get(day, 0) for day in range(18)]


def test_a_breakdown_by_the_first_step_that_has_the_field(sources: Sources, sql: duckdb.DuckDBPyConnection) -> None:
    body = {"steps": STEPS[:2], "window": "3 days", "breakdown": {"field": "context.campaign", "top": 10, "by": "step"}}
    body["breakdown"]["step"] = 1  # type: ignore[index]
    rows = ask(sources, "funnel", now=NOW, **RANGE, **body)["rows"]
    found = {row.get("key"): row["converted"] for row in rows if row["kind"] in {"value", "absent"}}
    expected = sql.execute(
        f"""
        with chains as (
            select a.person, a.campaign, row_number() over (partition by a.person order by a.nth) as place
            from begun a join events b on b.person = a.person and b.action = 'opened' and b.nth > a.nth
                 and b.moment <= a.moment + {WINDOW}
            where a.action = 'sent'
        ) select nullif(campaign, ''), count(*) from chains where place = 1 group by 1
        """
    ).fetchall()
    assert found == dict(expected)


@pytest.mark.parametrize("counting", ["on", "on_or_after"])
def test_weekly_retention_by_the_calendar(sources: Sources, sql: duckdb.DuckDBPyConnection, counting: str) -> None:
    body = {"interval": "week", "periods": 2, "start": does("sent"), "return": does("payment"), "counting": counting}
    cohorts = ask(sources, "retention", now=NOW, **RANGE, **body)["rows"][0]["cohorts"]
    week = f"(moment - {START}) // {7 * DAY}"
    compared = "=" if counting == "on" else ">="
    columns = ", ".join(
        "count(distinct s.person) filter "
        f"(where e.nth > s.nth and e.week - s.week {compared} {k} and e.week - s.week <= 2)"
        for k in range(3)
    )
    expected = sql.execute(
        f"""
        with s as (select person, {week} as week, min(nth) as nth from begun where action = 'sent' group by 1, 2),
             e as (select person, {week} as week, nth from events where action = 'payment')
        select s.week, count(distinct s.person), {columns}
        from s left join e on e.person = s.person group by 1 order by 1
        """
    ).fetchall()
    assert [(n, c["people"], *(cell["people"] or 0 for cell in c["cells"])) for n, c in enumerate(cohorts)] == expected


def test_daily_retention_by_peoples_own_clocks(sources: Sources, sql: duckdb.DuckDBPyConnection) -> None:
    body = {"interval": "day", "periods": 5, "start": does("sent"), "clock": "rolling", "entry": "first"}
    cohorts = ask(sources, "retention", now=NOW, **RANGE, **body)["rows"][0]["cohorts"]
    columns = ", ".join(
        f"count(distinct s.person) filter (where e.nth > s.nth and (e.moment - s.moment) // {DAY} = {k})"
        for k in range(6)
    )
    expected = sql.execute(
        f"""
        with s as (select person, min(nth) as nth, min(moment) as moment from begun where action = 'sent' group by 1)
        select (s.moment - {START}) // {DAY}, count(distinct s.person), {columns}
        from s left join events e on e.person = s.person group by 1 order by 1
        """
    ).fetchall()
    found = [(n, c["people"], *(cell["people"] or 0 for cell in c["cells"])) for n, c in enumerate(cohorts)]
    assert [line for line in found if line[1]] == expected
