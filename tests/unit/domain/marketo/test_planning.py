"""Plans: the figures that are published, and what holds for every plan."""

from dataclasses import replace
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.executions import STAGES
from touchline.domain.marketo.planning import ASSUMED_LEADS, Job, Learned, plan

# What a common set of rules for duplicates reads: an id, an address, six texts, two times.
TEN = ("integer", "email", *["string"] * 5, "boolean", "datetime", "datetime")
MARK = Job(TEN, "fields", 4)
DAY = Share()


def test_a_million_leads_with_ten_columns_are_marked_within_a_day() -> None:
    """144 bytes a row were measured; marking takes a few imports and merging a call for each of 109 k groups."""
    made = plan(MARK, DAY, leads=1_000_000)
    assert made.bytes / 1_000_000 == pytest.approx(144, rel=0.05)
    assert (made.days, made.imports, made.merges) == (1, 4, 0)
    assert made.calls <= 50
    assert not made.warnings


def test_twenty_columns_fill_a_day_with_some_two_million_leads() -> None:
    twenty = ("integer", "email", *["string"] * 10, *["integer"] * 3, "score", *["boolean"] * 2, *["datetime"] * 2)
    assert plan(Job(twenty, "nothing"), DAY, leads=2_200_000).bytes == pytest.approx(500_000_000, rel=0.05)


def test_merging_them_takes_days_and_says_so() -> None:
    made = plan(replace(MARK, writes="merges"), DAY, leads=1_000_000)
    assert made.merges == pytest.approx(109_000, rel=0.05)
    assert made.days == 12
    assert [word for word in ("cannot be undone", "a day") if any(word in one for one in made.warnings)] == [
        "cannot be undone",
        "a day",
    ]


def test_more_than_marketo_gives_out_in_a_day_takes_two() -> None:
    made = plan(Job(TEN * 2, "nothing"), DAY, leads=2_500_000)
    assert made.days == 2
    assert made.share_of_bytes > 1
    assert any("MB" in one for one in made.warnings)


def test_a_preview_writes_nothing() -> None:
    made = plan(Job(TEN, "nothing"), DAY, leads=1_000_000)
    assert (made.changes, made.imports, made.calls_by_stage["write_back"], made.calls_by_stage["verify"]) == (
        0,
        0,
        0,
        0,
    )


def test_where_nobody_knows_how_many_leads_there_are_that_is_said() -> None:
    made = plan(MARK, DAY)
    assert (made.leads, made.leads_from) == (ASSUMED_LEADS, "assumed")
    assert any("Send `leads`" in one for one in made.warnings)


def test_the_latest_execution_is_believed() -> None:
    learned = Learned(leads=50_000, bytes=5_000_000, changes=600, columns=len(TEN))
    made = plan(MARK, DAY, learned=learned)
    assert (made.leads, made.leads_from) == (50_000, "latest_execution")
    assert (made.bytes, made.changes, made.changes_from) == (5_000_000, 600, "latest_execution")
    twice = plan(MARK, DAY, leads=100_000, learned=learned)
    assert (twice.bytes, twice.changes) == (10_000_000, 1_200)


def test_other_columns_than_the_latest_ones_are_reckoned_anew() -> None:
    learned = Learned(leads=50_000, bytes=5_000_000, changes=600, columns=3)
    assert plan(MARK, DAY, learned=learned).bytes == plan(MARK, DAY, leads=50_000).bytes


def test_leads_outside_the_list_are_looked_for_by_address_and_that_is_said() -> None:
    made = plan(replace(MARK, closure=True), DAY, leads=90_001)
    assert made.calls_by_stage["work"] == 301
    assert any("address of its own" in one for one in made.warnings)


def test_how_many_addresses_there_are_is_learned() -> None:
    learned = Learned(leads=60_000, bytes=9_000_000, changes=600, columns=len(TEN), asked=30_000)
    made = plan(replace(MARK, closure=True), DAY, leads=120_000, learned=learned)
    assert made.calls_by_stage["work"] == 200
    assert not made.warnings


EVERYBODY = Job(("integer",), "nothing", activities=True, days=31)


def test_activities_of_everybody_are_as_many_as_of_the_longest_list() -> None:
    made = plan(EVERYBODY, DAY, others=40_000)
    assert (made.leads, made.leads_from, made.bytes) == (40_000, "other_services", 40_000 * 2_200)
    assert any("longest list" in one for one in made.warnings)


def test_the_latest_import_of_everybody_is_believed_day_by_day() -> None:
    learned = Learned(leads=0, bytes=62_000_000, changes=0, columns=1, days=31, seconds={"work": 310})
    made = plan(replace(EVERYBODY, days=2), DAY, learned=learned, others=40_000)
    assert (made.bytes, made.seconds_by_stage["work"]) == (4_000_000, 20)
    assert not made.warnings


def test_a_year_of_activities_is_twelve_exports() -> None:
    month, year = plan(EVERYBODY, DAY), plan(replace(EVERYBODY, days=365), DAY)
    assert year.calls_by_stage["export"] - month.calls_by_stage["export"] == 2 * 11
    assert year.bytes == pytest.approx(month.bytes * 365 / 31, rel=0.01)


def test_what_the_stages_took_the_last_time_they_take_again_with_as_much_to_do() -> None:
    took = {"poll": 600.0, "work": 50.0, "write_back": 900.0, "report": 3.0}
    learned = Learned(leads=50_000, bytes=5_000_000, changes=600, columns=len(TEN), seconds=took)
    assert plan(MARK, DAY, learned=learned).seconds_by_stage.items() >= {(one, int(took[one])) for one in took}
    twice = plan(MARK, DAY, leads=100_000, learned=learned).seconds_by_stage
    assert (twice["poll"], twice["work"], twice["write_back"], twice["report"]) == (1200, 100, 1800, 3)


def test_a_preview_does_not_take_the_time_of_writing() -> None:
    learned = Learned(leads=50_000, bytes=5_000_000, changes=600, columns=len(TEN), seconds={"write_back": 900.0})
    made = plan(replace(MARK, writes="nothing"), DAY, learned=learned)
    assert not {"write_back", "verify"} & made.seconds_by_stage.keys()


jobs = st.builds(
    Job,
    st.lists(st.sampled_from(["string", "email", "integer", "datetime", "odd"]), min_size=1, max_size=40).map(tuple),
    st.sampled_from(["nothing", "fields", "merges"]),
    st.integers(1, 20),
    whole_list=st.booleans(),
    activities=st.booleans(),
    closure=st.booleans(),
    days=st.floats(0, 365),
)
shares = st.builds(Share, st.integers(100, 100_000), st.integers(1_000_000, 10**10))
leads = st.integers(0, 20_000_000)
learned = st.none() | st.builds(
    Learned,
    st.integers(0, 10**7),
    st.integers(0, 10**10),
    st.integers(0, 10**7),
    st.integers(0, 40),
    st.integers(0, 10**6),
    st.none() | st.integers(0, 10**7),
    st.none() | st.floats(0.01, 365),
    st.dictionaries(st.sampled_from(STAGES), st.floats(0.001, 10**5)),
)


@given(jobs, shares, leads, learned)
def test_a_plan_adds_up_and_fits_its_days(job: Job, share: Share, count: int, latest: Learned | None) -> None:
    made = plan(job, share, leads=count, learned=latest)
    assert made.calls == sum(made.calls_by_stage.values())
    assert all(calls >= 0 for calls in made.calls_by_stage.values())
    assert made.days == max(1, ceil(made.calls / share.calls_a_day), ceil(made.bytes / share.bytes_a_day))
    assert made.minutes == ceil(sum(made.seconds_by_stage.values()) / 60)
    assert set(made.seconds_by_stage) <= set(STAGES)
    assert (made.seconds_by_stage.get("write_back", 0) > 0) == (made.changes + made.merges > 0)
    assert made.merges == 0 or job.writes == "merges"
    # Never more calls than one for each 300 leads: a file is chosen only where it needs fewer.
    assert made.calls_by_stage["write_back"] - made.merges <= ceil(made.changes / 300) + 2 * ceil(2 * made.merges / 300)


@given(jobs, shares, leads, st.integers(0, 1_000_000))
def test_more_leads_never_need_less(job: Job, share: Share, count: int, more: int) -> None:
    few, many = plan(job, share, leads=count), plan(job, share, leads=count + more)
    assert (few.bytes, few.changes, few.calls, few.days, few.minutes) <= (
        many.bytes,
        many.changes,
        many.calls,
        many.days,
        many.minutes,
    )
    assert few.calls <= many.calls
    assert few.days <= many.days
