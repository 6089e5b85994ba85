"""Cohorts over the API: kept memberships and events give the same numbers, and lists as long as the numbers say."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from touchline.domain.queries.clock import instant
from touchline.services.note_attribution_progress import AttributionProgress

from tests.attributed_documents import DAY, DAYS, GOALS, START, attributed, make_events
from tests.unit.functions.query_api.conftest import Api, put_in_place

EVENTS = make_events(250)
DOCUMENTS = attributed(EVENTS)
NOW = START + DAYS * DAY + DAY // 2
ASKED = {"from": "2026-10-20", "to": "2026-11-08", "goal": "purchase", "values": ["c0", "c1"], "ages": 10}
ENTRY = [[{"field": "action", "is": "in", "value": ["added_to_campaign", "campaign_entered", "email_sent"]}]]


@pytest.fixture
def asking(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    put_in_place(monkeypatch, {"now": NOW})
    for goal in GOALS:
        api.goals.add("acme", goal)
    api.conversions.documents = DOCUMENTS
    api.columns.documents = EVENTS
    return api


def ask(api: Api, **more: Any) -> dict[str, Any]:
    status, answer = api.ask("POST", "/v1/queries/cohorts", ASKED | more)
    assert status == 200, answer
    return answer


def test_kept_cohorts_are_as_of_what_is_computed_and_of_their_version(asking: Api) -> None:
    AttributionProgress(asking.progress).note({"acme": NOW - 610_000}, NOW - 10_000)
    current = asking.goals.get("acme", "purchase")
    assert current is not None
    asking.goals.replace("acme", replace(current, version=2, version_at=NOW - DAY), 1)
    kept, computed = ask(asking, goal_version=1), ask(asking, goal_version=1, entry=ENTRY)
    assert datetime.fromisoformat(kept["as_of"]).timestamp() * 1_000 == NOW - 600_000
    assert [one.split(" ")[0] for one in kept["notes"][:2]] == ["Version", "Conversions"]
    assert computed["attribution"] is None
    assert "replaced" not in "".join(computed["notes"])  # events know no versions
    early = ask(asking, goal_version=1, as_of="2026-11-01")
    assert early["as_of"].startswith("2026-11-01T00:00:00")
    assert "replaced" not in "".join(early["notes"])


def members(value: str) -> dict[str, int]:
    return {
        one["person"]: one["@timestamp"]
        for one in DOCUMENTS
        if one.get("kind") == "member" and (one["dimension"], one["value"]) == ("campaign", value)
    }


def ages(value: str, goal: str = "purchase") -> dict[str, int]:
    return {
        one["person"]: one["age_ms"]
        for one in DOCUMENTS
        if one.get("kind") == "converted" and (one["value"], one["goal"]) == (value, goal)
    }


def test_a_triangle_is_made_of_entries_and_ages(asking: Api) -> None:
    answer = ask(asking)
    assert [table["value"] for table in answer["cohorts"]] == ["c0", "c1"]
    for table in answer["cohorts"]:
        entered, converted = members(table["value"]), ages(table["value"])
        assert table["total"]["size"] == len(entered) > 5
        assert table["total"]["converted"] == len(converted)
        assert table["total"]["median_ms"] == sorted(converted.values())[(len(converted) - 1) // 2]
        for row in table["rows"]:
            start, end = (instant(datetime.fromisoformat(row[name])) for name in ("from", "to"))
            own = {person for person, at in entered.items() if start <= at < end}
            assert row["size"] == len(own)
            assert row["converted"] == len(own & converted.keys())
            for age, count in enumerate(row["by_age"]):
                reached = end + (age + 1) * DAY <= NOW
                done = sum(converted.get(person, 10**15) < (age + 1) * DAY for person in own)
                assert count == (done if reached else None)


def test_days_are_those_of_the_workspace(asking: Api) -> None:
    rows = ask(asking)["cohorts"][0]["rows"]
    assert rows[5]["from"] == "2026-10-25T00:00:00+02:00"
    assert rows[6]["from"] == "2026-10-26T00:00:00+01:00"  # the clock was set back in between


@pytest.mark.parametrize("goal", ["purchase", "first_purchase"])
@pytest.mark.parametrize("interval", ["day", "week", "month"])
def test_events_give_the_numbers_of_the_memberships(asking: Api, goal: str, interval: str) -> None:
    kept, computed = (ask(asking, goal=goal, interval=interval, **more) for more in ({}, {"entry": ENTRY}))
    assert kept["cohorts"] == computed["cohorts"]
    assert "index" in kept
    assert "index" not in computed


def test_a_moment_of_the_past_gives_what_was_known_then(asking: Api) -> None:
    answer = ask(asking, as_of="2026-10-30")
    moment = instant(datetime.fromisoformat("2026-10-30T00:00:00+01:00"))
    assert answer["as_of"] == "2026-10-30T00:00:00+01:00"
    sizes = sum(at <= moment for at in members("c0").values())
    assert answer["cohorts"][0]["total"]["size"] == sizes
    late = [one for one in EVENTS if one["@timestamp"] > moment]
    asking.conversions.documents = attributed([one for one in EVENTS if one not in late])
    assert ask(asking, as_of="2026-10-30")["cohorts"] == answer["cohorts"]


def test_every_entry_counts_where_that_is_asked(asking: Api) -> None:
    first, every = (ask(asking, entries=name)["cohorts"][0]["total"]["size"] for name in ("first", "every"))
    entered = [
        one for one in EVENTS if one["action"] == "email_sent" and one.get("context", {}).get("campaign") == "c0"
    ]
    assert every == len(entered) > first


@pytest.mark.parametrize("group", ["entered", "converted", "not_converted"])
def test_of_entries_the_list_says_how_many_and_how_many_people(asking: Api, group: str) -> None:
    answer = ask(asking, entries="every")
    total = answer["cohorts"][0]["total"]
    assert (answer["counts"], ask(asking)["counts"]) == ("entries", "people")
    cell = {"value": "c0", "group": group}
    body = {"kind": "cohorts", "question": ASKED | {"entries": "every"}, "cell": cell, "limit": 1000}
    found = asking.ask("POST", "/v1/queries/people", body)[1]
    not_converted = total["size"] - total["converted"]
    number = {"entered": total["size"], "converted": total["converted"], "not_converted": not_converted}[group]
    assert found["entries"] == number >= found["number"] == len(found["people"])
    assert group != "entered" or number > found["number"]
    assert "counts entries" in found["definition"]


def test_a_campaign_has_as_many_people_in_cohorts_as_in_key_figures(asking: Api) -> None:
    sizes = {table["value"]: table["total"]["size"] for table in ask(asking)["cohorts"]}
    body = {name: ASKED[name] for name in ("from", "to", "goal")}
    body |= {"kpis": ["campaign_conversion_rate"], "breakdown": {"field": "context.campaign", "top": 10}}
    status, figures = asking.ask("POST", "/v1/queries/kpis", body)
    assert status == 200, figures
    entered = {row.get("key"): row["inputs"]["entered"] for row in figures["rows"]}
    assert {value: entered[value] for value in sizes} == sizes
    assert min(sizes.values()) > 5


def test_filters_are_on_the_entries(asking: Api) -> None:
    answer = ask(asking, values=["c0"], filters=[{"field": "context.channel", "value": "email"}])
    own = {
        one["actor"]["id"]
        for one in EVENTS
        if one["action"] == "email_sent" and one.get("context") == {"channel": "email", "campaign": "c0"}
    }
    assert answer["cohorts"][0]["total"]["size"] == len(own)


def test_an_own_entry_needs_no_campaign(asking: Api) -> None:
    answer = ask(asking, values=[], entry=[[{"field": "action", "value": "signup"}]])
    own = {one["actor"]["id"] for one in EVENTS if one["action"] == "signup"}
    assert [(table["value"], table["total"]["size"]) for table in answer["cohorts"]] == [(None, len(own))]


def test_a_window_ends_conversions(asking: Api) -> None:
    answer = ask(asking, conversion_window="36 hours")
    assert answer["cohorts"][0]["total"]["converted"] == sum(age <= 1.5 * DAY for age in ages("c0").values())
    longer = ask(asking, goal="first_purchase", conversion_window="9 days", values=["c0"])  # than is kept
    assert "index" not in longer
    kept = ask(asking, goal="first_purchase", values=["c0"])["cohorts"][0]["total"]
    assert longer["cohorts"][0]["total"]["converted"] > kept["converted"]


@pytest.mark.parametrize("more", [{}, {"entry": ENTRY}], ids=["kept", "events"])
@pytest.mark.parametrize("group", ["entered", "converted", "not_converted"])
@pytest.mark.parametrize("age", [None, 2])
def test_lists_are_as_long_as_the_numbers(asking: Api, more: dict[str, Any], group: str, age: int | None) -> None:
    table = ask(asking, **more)["cohorts"][1]
    for row in [None, *table["rows"][6:9]]:
        found = row or table["total"]
        cell = {"value": "c1", "group": group, **({"age": age} if age is not None else {})}
        cell |= {"bucket": row["from"]} if row else {}
        if age is None:
            done = found["converted"]
        elif row is None:
            done = sum(one < (age + 1) * DAY for one in ages("c1").values())
        else:
            done = row["by_age"][age]
        wanted = {"entered": found["size"], "converted": done, "not_converted": found["size"] - done}[group]
        body = {"kind": "cohorts", "question": ASKED | more, "cell": cell, "limit": 1000}
        status, answer = asking.ask("POST", "/v1/queries/people", body)
        assert status == 200, answer
        assert answer["number"] == len(answer["people"]) == wanted


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"goal": "nothing"}, "unknown_goal", "goal"),
        ({"values": []}, "invalid_request", "values"),
        ({"as_of": "2027-01-01"}, "invalid_range", "as_of"),
        ({"interval": "fortnight"}, "invalid_interval", "interval"),
        ({"conversion_window": "a month"}, "invalid_interval", "conversion_window"),
        ({"values": [f"c{n}" for n in range(20)], "ages": 90}, "too_many_buckets", "ages"),
        ({"dimension": "channel"}, "invalid_request", "dimension"),
    ],
    ids=str,
)
def test_what_cannot_be_answered_is_refused(asking: Api, body: dict[str, Any], code: str, field: str) -> None:
    status, problem = asking.ask("POST", "/v1/queries/cohorts", ASKED | body)
    assert (status, problem.get("code"), problem.get("field")) == (422, code, field), problem


@pytest.mark.parametrize("table", ["cohorts", "totals"])
def test_tables_hold_what_the_answer_holds(asking: Api, table: str) -> None:
    headers = {"authorization": f"Bearer {asking.keys['acme']}", "accept": "text/csv"}
    answer = asking.raw("POST", "/v1/queries/cohorts", ASKED, query=f"table={table}", headers=headers)
    assert answer["statusCode"] == 200, answer["body"]
    rows = len(answer["body"].strip().splitlines()) - 1
    assert rows == (2 * 19 if table == "cohorts" else 2 * (ASKED["ages"] + 1))  # type: ignore[operator]
