"""Rate, concurrency, quota and permissions over the wire, and the statistics of them."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.marketo_simulator.catalogue import all_routes
from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

LEAD = "/rest/v1/lead/1.json"
USER = "api.user@example.test"


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        running.instance.switches.calls_in_window = 100
        yield running


def code(marketo: SimulatedMarketo) -> str:
    body = marketo.ask("GET", LEAD).json()
    return "" if body["success"] else str(body["errors"][0]["code"])


def test_a_hundred_calls_in_twenty_seconds_and_then_again(marketo: SimulatedMarketo) -> None:
    assert [code(marketo) for _ in range(100)] == [""] * 100
    assert marketo.refusal("GET", LEAD) == ("606", "Max rate limit '100' exceeded with in '20' secs")
    marketo.advance(20.001)
    assert code(marketo) == ""


def test_whatever_many_threads_do_no_window_has_more_than_its_limit(marketo: SimulatedMarketo) -> None:
    marketo.instance.switches.calls_in_window = 30
    with ThreadPoolExecutor(8) as threads:
        answers = Counter(threads.map(lambda _: code(marketo), range(80)))
    assert answers == {"": 30, "606": 50}
    figures = marketo.instance.limits.figures()
    assert (figures["most_accepted_in_window"], figures["in_flight"]) == (30, 0)


def test_more_at_once_than_allowed_are_refused(marketo: SimulatedMarketo) -> None:
    marketo.instance.switches.slow_by_ms = 400
    marketo.instance.switches.calls_at_once = 3
    with ThreadPoolExecutor(9) as threads:
        answers = Counter(threads.map(lambda _: code(marketo), range(9)))
    assert answers == {"": 3, "615": 6}
    assert marketo.instance.limits.figures()["most_in_flight"] == 3


def test_the_quota_of_the_day_and_its_reset_at_midnight_in_chicago(marketo: SimulatedMarketo) -> None:
    marketo.instance.limits.use(49_999, "another.user@example.test", marketo.instance.clock.now())
    assert [code(marketo), code(marketo)] == ["", "607"]
    marketo.advance(20 * 3600 - 1)  # it was 10:00 UTC: one second before 06:00 UTC
    assert code(marketo) == "607"
    marketo.advance(1)
    assert code(marketo) == ""


def test_usage_is_told_by_user_and_by_day(marketo: SimulatedMarketo) -> None:
    code(marketo)
    marketo.instance.limits.use(5, "another.user@example.test", marketo.instance.clock.now())
    (today,) = marketo.result("GET", "/rest/v1/stats/usage.json")
    assert today == {
        "date": "2026-11-22",
        "total": 7,
        "users": [{"userId": "another.user@example.test", "count": 5}, {"userId": USER, "count": 2}],
    }
    marketo.advance(86_400)
    week = marketo.result("GET", "/rest/v1/stats/usage/last7days.json")
    assert [(day["date"], day["total"]) for day in week][:3] == [
        ("2026-11-23", 1),
        ("2026-11-22", 7),
        ("2026-11-21", 0),
    ]
    assert len(week) == 7


def test_errors_are_told_by_code(marketo: SimulatedMarketo) -> None:
    marketo.ask("GET", "/rest/v1/leads.json")
    marketo.ask("GET", "/rest/v1/leads.json", params={"filterType": "company", "filterValues": "x"})
    marketo.ask("GET", "/rest/v1/leads.json", params={"filterType": "company", "filterValues": "x"})
    (today,) = marketo.result("GET", "/rest/v1/stats/errors.json")
    assert today["errors"] == [{"errorCode": "1002", "count": 1}, {"errorCode": "1011", "count": 2}]
    assert today["total"] == 3
    assert len(marketo.result("GET", "/rest/v1/stats/errors/last7days.json")) == 7


@pytest.mark.parametrize(
    ("held", "path", "allowed"),
    [
        (["Access API", "Read-Only Lead"], LEAD, True),
        (["Access API", "Read-Write Lead"], LEAD, True),
        (["Access API", "Read-Only Asset"], LEAD, False),
        (["Read-Only Lead"], LEAD, False),
        (["Access API"], "/rest/v1/stats/usage.json", True),
        (["Access API", "Read-Only Lead"], "/rest/v1/leads/schema/fields.json", False),
        (["Access API", "Read-Only Lead"], "/rest/asset/v1/staticLists.json", False),
    ],
)
def test_permissions(marketo: SimulatedMarketo, held: list[str], path: str, allowed: bool) -> None:  # noqa: FBT001
    marketo.instance.switches.permissions = held
    if allowed:
        assert marketo.ask("GET", path).json()["success"]
    else:
        assert marketo.refusal("GET", path) == ("603", "Access denied")


def test_nothing_of_leads_lists_or_fields_is_open_without_a_permission() -> None:
    open_routes = {route.path for route in all_routes() if not route.permissions}
    assert open_routes == {
        "/rest/v1/stats/usage.json",
        "/rest/v1/stats/usage/last7days.json",
        "/rest/v1/stats/errors.json",
        "/rest/v1/stats/errors/last7days.json",
    }
