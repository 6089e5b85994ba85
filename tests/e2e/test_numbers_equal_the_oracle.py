"""Thirty days of events in over HTTPS, answers out over HTTPS, and each number is what another engine makes of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from rich.console import Console

from local.demo.api import connect
from local.demo.goals import ORDER, TRIAL, compute_past, demo_goals
from local.progress import steps
from local.sample_data import DAYS, SampleData
from tests.e2e.conftest import Customer
from tests.e2e.oracle import DAY, Oracle

pytestmark = pytest.mark.system

EVENTS = 20_000
TOUCHES = ("email_opened", "link_clicked", "page_viewed")
STEPS = ("email_delivered", "email_opened", "link_clicked", "trial_started")


@pytest.fixture(scope="module")
def world(system: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A customer's month, its goals with their past computed, and the oracle that has seen the same lines."""
    ours = Customer(system, "oracle", system.create_tenant("oracle", time_zone="UTC", events_per_second=50_000))
    data = SampleData(EVENTS, datetime.now(UTC))
    lines = list(data)
    for part in batched(lines, 2_000, strict=False):
        ours.send(*map(orjson.loads, part))
    ours.wait()
    admin = connect(system.api_url, ours.keys["admin"])
    with steps(Console(quiet=True)) as shown, shown.step("goals") as step:
        goals = demo_goals(admin, step)
        compute_past(admin, goals, step)
    ours.wait()
    good = [line for line in lines if not orjson.loads(line)["id"].startswith("bad-")]
    return SimpleNamespace(
        ours=ours, goals=goals, first=data.since.date(), oracle=Oracle(good, tmp_path_factory.mktemp("oracle"))
    )


def ask(world: Any, kind: str, **body: Any) -> dict[str, Any]:
    """Over all of the sample's days, whole weeks where there are such."""
    until = world.first + timedelta(days=DAYS + 1)
    span = {"from": world.first.isoformat(), "to": until.isoformat(), "time_zone": "UTC"}
    answer = world.ours.ask("read", "POST", f"/v1/queries/{kind}", json=span | body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["accuracy"]["exact"]
    return dict(answer.json())


def is_(action: str) -> list[dict[str, Any]]:
    return [{"field": "action", "value": action}]


def test_events_and_people_of_each_day(world: Any) -> None:
    for measure, what in (("count", "count(*)"), ("unique_actors", "count(DISTINCT person)")):
        found = ask(world, "timeseries", measure={"type": measure})
        days = {day_of(bucket["from"]): value for bucket, value in with_values(found)}
        assert {day: value for day, value in days.items() if value} == world.oracle.per_day(what)


def test_a_funnel(world: Any) -> None:
    asked = [{"filters": is_(step)} for step in STEPS]
    steps_found = ask(world, "funnel", steps=asked, window="7 days")["rows"][0]["steps"]
    assert [step["people"] for step in steps_found] == world.oracle.funnel(STEPS, 7 * DAY)


def test_retention_by_day(world: Any) -> None:
    found = ask(world, "retention", interval="day", entry="first")
    expected = world.oracle.retention(day_of(world.first.isoformat()) * DAY, DAY, DAYS + 1)
    cohorts = found["rows"][0]["cohorts"]
    width = len(found["columns"])
    assert [cohort["people"] for cohort in cohorts] == [row[0] for row in expected]
    for cohort, row in zip(cohorts, expected, strict=True):
        returned = [cell["people"] for cell in cohort["cells"][1:]]  # the first period counts what came after the start
        assert [people for people in returned if people is not None] == row[1:width]


@pytest.mark.parametrize("campaign", ["autumn-launch", "win-back"])
def test_cohorts(world: Any, campaign: str) -> None:
    found = ask(world, "cohorts", goal=world.goals[TRIAL["name"]], values=[campaign])["cohorts"][0]["rows"]
    ours = [(day_of(row["from"]), row["size"], row["converted"]) for row in found if row["size"]]
    assert ours == world.oracle.cohorts(campaign, "trial_started")


@pytest.mark.parametrize("model", ["first", "last", "linear"])
@pytest.mark.parametrize("by", ["campaign", "channel"])
def test_attribution(world: Any, model: str, by: str) -> None:
    found = ask(
        world, "attribution", goal=world.goals[ORDER["name"]], dimension=f"context.{by}", models=[model], top=20
    )
    told = [row for row in found["rows"] if row["kind"] in {"value", "absent"}]  # an absent row has no key
    ours = {row["key"]: float(row["credit"][model]["conversions"]) for row in told}
    ours[""] = float(found["totals"]["unattributed"]["conversions"])
    theirs = world.oracle.credits("order_completed", TOUCHES, 30 * DAY, by, model)
    assert {key: value for key, value in ours.items() if value} == pytest.approx(
        {key: value for key, value in theirs.items() if value}, abs=0.01
    )
    assert float(found["totals"]["all"]["conversions"]) == world.oracle.actions("order_completed")


def test_a_comparison(world: Any) -> None:
    found = ask(
        world,
        "comparison",
        field="context.variant",
        filters=[{"field": "context.campaign", "value": "autumn-launch"}],
        exposure=[is_("email_sent")],
        outcomes=[{"goal": world.goals[TRIAL["name"]]}],
    )
    ours = {arm["arm"]: (arm["contacts"], arm["converted"]) for arm in found["outcomes"][0]["arms"]}
    assert ours == world.oracle.arms("autumn-launch", "trial_started")


def test_what_is_listed_is_what_was_counted(world: Any) -> None:
    asked = {"steps": [{"filters": is_(step)} for step in STEPS], "window": "7 days"}
    counted = ask(world, "funnel", **asked)["rows"][0]["steps"][2]["people"]
    until = world.first + timedelta(days=DAYS + 1)
    span = {"from": world.first.isoformat(), "to": until.isoformat(), "time_zone": "UTC"}
    listed: list[str] = []
    cursor = None
    while True:
        body = {"kind": "funnel", "question": span | asked, "cell": {"step": 3}, "limit": 100} | (
            {"cursor": cursor} if cursor else {}
        )
        page = world.ours.ask("read", "POST", "/v1/queries/people", json=body)
        assert page.status_code == 200, page.text
        listed += [person["id"] for person in page.json()["people"]]
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert len(listed) == len(set(listed)) == counted


def day_of(moment: str) -> int:
    return int(datetime.fromisoformat(moment[:10]).replace(tzinfo=UTC).timestamp() * 1000) // DAY


def with_values(answer: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    return zip(answer["buckets"], answer["series"][0]["values"], strict=True)
