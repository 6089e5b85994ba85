"""Limits against what they promise, and against a counting of everything by hand."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.marketo_simulator.limits import Limits, day_of
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.switches import Switches

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z
USER = "api.user@example.test"
WINDOW_MS = 20_000


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def call(limits: Limits, now: int, answered: str = "") -> str:
    """The code that a call at that moment gets: of its limits, or what its handler answered."""
    try:
        entered = limits.enter("GET /rest/v1/leads.json", USER, now)
    except Refusal as refusal:
        return refusal.code
    limits.leave(entered, answered)
    return answered


def fresh(tmp_path_factory: pytest.TempPathFactory, **switches: object) -> Limits:
    wanted = Switches()
    wanted.change(switches)
    return Limits(wanted, tmp_path_factory.mktemp("limits") / "calls.tsv")


gaps = st.lists(st.sampled_from([0, 1, 90, 199, 200, 201, 1000, 5000, 19_999, 20_000, 20_001]), max_size=120)


@given(gaps=gaps, most=st.integers(1, 12), hammering_counts=st.booleans())
def test_never_more_than_the_limit_is_taken_in_any_window(
    tmp_path_factory: pytest.TempPathFactory, *, gaps: list[int], most: int, hammering_counts: bool
) -> None:
    limits = fresh(tmp_path_factory, calls_in_window=most, refused_calls_count=hammering_counts)
    now, taken, asked = NOON, list[int](), list[int]()
    for gap in gaps:
        now += gap
        looked_at = asked if hammering_counts else taken
        expected = "606" if sum(now - WINDOW_MS < moment <= now for moment in looked_at) >= most else ""
        assert call(limits, now) == expected
        asked.append(now)
        if not expected:
            taken.append(now)
    for end in taken:
        assert sum(end - WINDOW_MS < moment <= end for moment in taken) <= most
    assert limits.accepted.most <= most
    limits.close()


def test_the_hundred_and_first_call_is_refused_and_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    limits = fresh(tmp_path_factory)
    assert [call(limits, NOON) for _ in range(100)] == [""] * 100
    with pytest.raises(Refusal) as refused:
        limits.enter("GET /rest/v1/leads.json", USER, NOON + 19_999)
    assert refused.value.code == "606"
    assert refused.value.message == "Max rate limit '100' exceeded with in '20' secs"
    limits.close()


def test_hammering_prolongs_the_block_unless_switched_off(tmp_path_factory: pytest.TempPathFactory) -> None:
    for counts, code in ((True, "606"), (False, "")):
        limits = fresh(tmp_path_factory, calls_in_window=2, refused_calls_count=counts)
        codes = [call(limits, NOON), call(limits, NOON), call(limits, NOON + 19_000), call(limits, NOON + 19_500)]
        assert codes == ["", "", "606", "606"]
        assert call(limits, NOON + 20_001) == code
        limits.close()


def test_the_eleventh_at_once_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    limits = fresh(tmp_path_factory)
    inside = [limits.enter("GET /rest/v1/leads.json", USER, NOON) for _ in range(10)]
    with pytest.raises(Refusal, match="Concurrent access limit '10' reached") as refused:
        limits.enter("GET /rest/v1/leads.json", USER, NOON)
    assert refused.value.code == "615"
    limits.leave(inside[0])
    assert call(limits, NOON) == ""
    assert limits.figures()["most_in_flight"] == 10
    limits.close()


def test_the_quota_of_a_day_ends_at_midnight_in_chicago(tmp_path_factory: pytest.TempPathFactory) -> None:
    limits = fresh(tmp_path_factory, calls_a_day=3)
    evening = at("2026-11-23T05:59:59")
    assert [call(limits, evening) for _ in range(4)] == ["", "", "", "607"]
    assert call(limits, evening + 1000) == ""
    limits.close()


@pytest.mark.parametrize(
    ("moment", "chicago", "fixed"),
    [
        ("2026-07-01T05:00:00", date(2026, 7, 1), date(2026, 6, 30)),  # daylight saving: midnight is 05:00 UTC
        ("2026-07-01T06:00:00", date(2026, 7, 1), date(2026, 7, 1)),
        ("2026-12-01T05:59:59", date(2026, 11, 30), date(2026, 11, 30)),
        ("2026-12-01T06:00:00", date(2026, 12, 1), date(2026, 12, 1)),
    ],
)
def test_days_are_of_central_time(moment: str, chicago: date, fixed: date) -> None:
    assert (day_of(at(moment)), day_of(at(moment), fixed=True)) == (chicago, fixed)


@pytest.mark.parametrize(("code", "counted"), [("604", 0), ("608", 0), ("611", 0), ("1003", 1), ("", 1), ("502", 1)])
def test_some_errors_are_no_calls(tmp_path_factory: pytest.TempPathFactory, code: str, counted: int) -> None:
    limits = fresh(tmp_path_factory)
    call(limits, NOON, code)
    assert limits.used_on(day_of(NOON)) == counted
    assert limits.asked.count(NOON, 20) == counted
    assert limits.by_code == ({code: 1} if code else {})
    limits.close()


@given(codes=st.lists(st.sampled_from(["", "1003", "611", "606"]), max_size=40))
def test_counts_outlive_a_kill(tmp_path_factory: pytest.TempPathFactory, codes: list[str]) -> None:
    file = tmp_path_factory.mktemp("limits") / "calls.tsv"
    limits = Limits(Switches(), file)
    for number, code in enumerate(codes):
        call(limits, NOON + number, code)
    limits.use(7, "another", NOON)
    told = limits.figures()
    limits.close()
    with file.open("a") as log:
        log.write("1795348")  # the line that was being written
    again = Limits(Switches(), file)
    kept = again.figures()
    again.close()
    for name in ("calls", "by_route", "by_code"):
        assert kept[name] == told[name]
    assert {one: count for one, count in kept["used"].items() if count} == {
        one: count for one, count in told["used"].items() if count
    }


def test_counters_begin_anew_and_limits_do_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    limits = fresh(tmp_path_factory, calls_in_window=1)
    call(limits, NOON)
    limits.forget_figures()
    assert limits.figures()["calls"] == 0
    assert call(limits, NOON) == "606"
    limits.close()


def test_nothing_is_left_of_a_call_that_never_came_to_the_limits(tmp_path: Path) -> None:
    limits = Limits(Switches(), tmp_path / "calls.tsv")
    limits.note_refused("GET /rest/v1/leads.json", "", NOON, "601")
    assert limits.used_on(day_of(NOON)) == 0
    assert limits.errors_on(day_of(NOON)) == {"601": 1}
    limits.close()
