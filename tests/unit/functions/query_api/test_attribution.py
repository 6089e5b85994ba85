"""Attribution over the API, on memory twins: what the definitions say, added up by hand."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from touchline.domain.attribution import MICRO
from touchline.domain.backfills import Backfill, PartProgress
from touchline.domain.queries.clock import rfc3339, zone_named
from touchline.domain.queries.fields import groupable
from touchline.domain.queries.matching import values_of
from touchline.domain.queries.ranges import read_moment
from touchline.domain.spend import Spend, SpendSheet
from touchline.services.goal_progress import keep_backfill, keep_part
from touchline.services.note_attribution_progress import AttributionProgress

from tests.attributed_documents import DAY, DAYS, GOALS, START, attributed, make_events
from tests.unit.functions.query_api.conftest import Api, put_in_place

EVENTS = make_events(250)
DOCUMENTS = attributed(EVENTS)
MODELS = ["first", "last", "last_non_direct", "linear", "position", "j", "inverse_j", "time_decay"]
NOW = START + DAYS * DAY + DAY // 2
BERLIN = zone_named("Europe/Berlin")
ASKED = {"from": "2026-10-20", "to": "2026-11-20", "goal": "purchase", "models": MODELS}
SHARES = {"position": (40, 20, 40), "j": (20, 20, 60), "inverse_j": (60, 20, 20), "custom": (1, 0, 3)}


@pytest.fixture
def asking(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    put_in_place(monkeypatch, {"now": NOW})
    for goal in GOALS:
        api.goals.add("acme", goal)
    api.conversions.documents = DOCUMENTS
    api.columns.documents = EVENTS
    return api


def ask(api: Api, kind: str = "attribution", **more: Any) -> dict[str, Any]:
    status, answer = api.ask("POST", f"/v1/queries/{kind}", ASKED | more)
    assert status == 200, answer
    return answer


def purchases() -> list[dict[str, Any]]:
    return [one for one in DOCUMENTS if one.get("goal") == "purchase" and "kind" not in one]


def share_of(model: str, touches: list[dict[str, Any]], n: int, at: int) -> float:
    """By the definitions, one touch of one conversion."""
    number, touch = len(touches), touches[n]
    if model in {"first", "last"}:
        return float(n == (0 if model == "first" else number - 1))
    if model == "last_non_direct":
        known = [k for k in range(number) if touches[k].get("context", {}).get("channel") not in {"direct", "none"}]
        return float(n == (known[-1] if known else number - 1))
    if model == "linear":
        return 1 / number
    if model == "time_decay":
        weights = [2 ** (-(at - one["@timestamp"]) / (7 * DAY)) for one in touches]
        return float(weights[n] / sum(weights))
    return positional(SHARES[model], number, n) + 0 * touch["@timestamp"]


def positional(weights: tuple[int, int, int], number: int, n: int) -> float:
    first, middle, last = (one / sum(weights) for one in weights)
    if number == 1:
        return 1.0
    if number == 2:
        return (first if n == 0 else last) + middle / 2
    return first if n == 0 else last if n == number - 1 else middle / (number - 2)


def expected(
    dimension: str, model: str, touched: Any = lambda one: one["touches"], conversions: Any = None
) -> dict[Any, float]:
    """Credit by value; of a touch with several values evenly."""
    credit: defaultdict[Any, float] = defaultdict(float)
    for one in purchases() if conversions is None else conversions:
        touches = touched(one)
        for n, touch in enumerate(touches):
            values = values_of(touch, groupable(dimension, "d")) or [None]
            for value in values:
                credit[value] += share_of(model, touches, n, one["@timestamp"]) / len(values)
    return dict(credit)


def told(answer: dict[str, Any], model: str) -> dict[Any, float]:
    return {
        row["key"]: float(row["credit"][model]["conversions"])
        for row in answer["rows"]
        if row["kind"] == "value" or row["touches"]
    }


@pytest.mark.parametrize(
    "dimension",
    ["context.campaign", "context.channel", "action", "actor.type", "properties.tag", "properties.vip", "object.id"],
)
def test_every_model_gives_what_its_definition_says(asking: Api, dimension: str) -> None:
    answer = ask(asking, dimension=dimension, top=100)
    for model in MODELS:
        assert told(answer, model) == pytest.approx(expected(dimension, model), abs=1e-3)


@pytest.mark.parametrize("dimension", ["context.campaign", "properties.tag", "properties.score", "action"])
@pytest.mark.parametrize("top", [1, 3, 100])
@pytest.mark.parametrize("more", [{}, {"lookback": "2 days"}, {"collapse_repeats": True}], ids=str)
def test_credits_and_the_unattributed_are_all_conversions_and_all_value(
    asking: Api, dimension: str, top: int, more: dict[str, Any]
) -> None:
    models = [*MODELS, "custom", "data_driven"]
    weights = {"first": 1, "middle": 0.5, "last": 3}
    answer = ask(asking, dimension=dimension, top=top, models=models, weights=weights, **more)
    values: defaultdict[str, int] = defaultdict(int)
    for one in purchases():
        if "value" in one:
            values[one["value"]["currency"]] += one["value"]["amount_e4"]
    unattributed = answer["totals"]["unattributed"]
    for model in models:
        credits = [*(row["credit"][model] for row in answer["rows"]), unattributed]
        assert sum(Decimal(one["conversions"]) for one in credits) == len(purchases())
        for currency, amount in values.items():
            assert sum(Decimal(one["value"].get(currency, "0")) for one in credits) == Decimal(amount) / 10_000
    assert [row["kind"] for row in answer["rows"]][-2:] == ["other", "absent"]
    assert len(answer["rows"]) <= top + 2


def test_a_shorter_lookback_takes_only_younger_touches(asking: Api) -> None:
    def young(one: dict[str, Any]) -> list[dict[str, Any]]:
        return [touch for touch in one["touches"] if one["@timestamp"] - touch["@timestamp"] <= 2 * DAY]

    answer = ask(asking, lookback="2 days", top=100)
    for model in MODELS:
        assert told(answer, model) == pytest.approx(expected("context.campaign", model, young), abs=1e-3)
    lonely = sum(not young(one) for one in purchases())
    assert answer["totals"]["unattributed"]["conversions"] == str(lonely)


def test_repeats_are_one_touch_the_last_of_them(asking: Api) -> None:
    def collapsed(one: dict[str, Any]) -> list[dict[str, Any]]:
        touches, kept = one["touches"], []
        for n, touch in enumerate(touches):
            following = touches[n + 1].get("context", {}).get("channel") if n + 1 < len(touches) else 0
            kept += [touch] if touch.get("context", {}).get("channel") != following else []
        return kept

    answer = ask(asking, dimension="context.channel", collapse_repeats=True, top=100)
    for model in MODELS:
        assert told(answer, model) == pytest.approx(expected("context.channel", model, collapsed), abs=1e-3)


def test_own_direct_channels_move_only_last_non_direct(asking: Api) -> None:
    own, other = (
        ask(asking, dimension="context.channel"),
        ask(asking, dimension="context.channel", direct_channels=["email", "ads"]),
    )
    assert told(own, "time_decay") == told(other, "time_decay")
    assert told(own, "last_non_direct") != told(other, "last_non_direct")
    assert own["rows"][0]["kind"] == "value"


def test_filters_are_on_the_conversions(asking: Api) -> None:
    answer = ask(asking, filters=[{"field": "context.channel", "value": "email"}], top=100)
    own = [one for one in purchases() if one.get("context", {}).get("channel") == "email"]
    assert told(answer, "linear") == pytest.approx(expected("context.campaign", "linear", conversions=own), abs=1e-3)
    assert answer["totals"]["all"]["conversions"] == str(len(own))


def test_a_segment_takes_only_its_peoples_conversions(asking: Api) -> None:
    segment = {"conditions": [{"filters": [{"field": "action", "value": "signup"}]}]}
    answer = ask(asking, segment=segment, top=100)
    inside = {one["actor"]["id"] for one in EVENTS if one["action"] == "signup"}
    own = [one for one in purchases() if one["person"] in inside]
    assert 0 < len(own) < len(purchases())
    assert told(answer, "j") == pytest.approx(expected("context.campaign", "j", conversions=own), abs=1e-3)


def test_credit_over_time_adds_up_to_the_whole(asking: Api) -> None:
    answer = ask(asking, interval="day", top=3, models=["linear", "last", "data_driven"])
    over = answer["over_time"]
    assert len(over["buckets"]) == 31
    for row, whole in zip(over["rows"], answer["rows"], strict=True):
        assert (row["kind"], row["key"]) == (whole["kind"], whole["key"])
        for model in ("linear", "last"):
            parts = [Decimal(one["conversions"]) for one in row["credit"][model]]
            assert sum(parts) == pytest.approx(Decimal(whole["credit"][model]["conversions"]), abs=Decimal("0.0001"))
    unattributed = sum(int(one["conversions"]) for one in over["unattributed"])
    assert str(unattributed) == answer["totals"]["unattributed"]["conversions"]


def test_the_period_before_has_the_same_rows(asking: Api) -> None:
    asked = {"from": "2026-10-31", "to": "2026-11-07", "compare": {"with": "previous"}, "models": ["linear"], "top": 4}
    answer = ask(asking, **asked)
    before = ask(asking, **asked | {"from": "2026-10-24", "to": "2026-10-31", "top": 100})
    compared = answer["comparison"]
    assert compared["range"] == before["range"]
    own = told(before, "linear")
    for new, old in zip(answer["rows"], compared["rows"], strict=True):
        if old["kind"] == "value":
            count = float(old["credit"]["linear"]["conversions"])
            assert count == pytest.approx(own.get(old["key"], 0), abs=1e-5)
            change = old["change"]["linear"]["conversions"]
            assert change == pytest.approx(float(new["credit"]["linear"]["conversions"]) / count - 1)


def test_data_driven_says_what_it_learnt_from(asking: Api) -> None:
    facts = ask(asking, models=["data_driven"])["models"][0]
    assert facts["fallback"] is None
    assert facts["converting_paths"] == sum(one["touch_count"] > 0 for one in purchases())
    assert facts["other_paths"] > 0
    assert 0 < facts["probability"] < 1


def test_data_driven_is_linear_where_there_are_too_few_conversions(asking: Api) -> None:
    answer = ask(asking, models=["linear", "data_driven"], filters=[{"field": "value.amount", "is": "gt", "value": 88}])
    assert answer["models"][1]["fallback"] == "linear"
    assert "too few" in answer["notes"][0]
    for row in answer["rows"]:
        assert float(row["credit"]["data_driven"]["conversions"]) == pytest.approx(
            float(row["credit"]["linear"]["conversions"]), abs=1e-5
        )


def test_an_answer_says_which_goal_and_how_far_its_past_is_in(asking: Api) -> None:
    run = Backfill("r", "purchase", 1, START, NOW, "running", NOW - 1000, NOW, parts=8)
    keep_backfill(asking.progress, "acme", run)
    for part in range(3):
        keep_part(asking.progress, "acme", run, PartProgress(part, True, 10, 4, NOW))
    answer = ask(asking)
    assert answer["goal"]["version"] == 1
    assert "every event where action is 'payment'" in answer["goal"]["definition"]
    told = {name: answer["backfill"][name] for name in ("under_way", "version", "parts", "parts_done", "conversions")}
    assert told == {"under_way": True, "version": 1, "parts": 8, "parts_done": 3, "conversions": 12}
    assert "3 of 8 parts" in answer["notes"][0]
    assert answer["as_of"] == rfc3339(NOW, BERLIN)


def notes_on(api: Api, version: int | None = None, **more: Any) -> list[str]:
    notes: list[str] = ask(api, goal_version=version, **more)["notes"]
    return notes


@pytest.fixture
def changed(asking: Api) -> Api:
    """The goal's second version counts since noon of 2026-11-03."""
    at = read_moment("2026-11-03T12:00:00", BERLIN, "at")
    current = asking.goals.get("acme", "purchase")
    assert current is not None
    asking.goals.replace("acme", replace(current, version=2, changed_at=at + DAY, version_at=at), 1)
    return asking


def test_an_earlier_version_says_when_it_ended(changed: Api) -> None:
    (note,) = notes_on(changed, 1)
    assert note.startswith("Version 1 was replaced on 2026-11-03T12:00:00")
    assert notes_on(changed, 1, to="2026-11-03") == []
    assert "replaced" not in "".join(notes_on(changed, 2))
    listed = changed.ask("GET", "/v1/conversions", query="goal=purchase&goal_version=1")[1]
    assert listed["notes"] == [note]
    one = purchases()[0]["_id"]
    assert changed.ask("GET", f"/v1/conversions/{one}")[1]["notes"] == [note]


def test_a_saved_question_about_an_earlier_version_says_so_too(changed: Api) -> None:
    body = {"kind": "attribution", "name": "Old", "body": ASKED | {"goal_version": 1}}
    link = changed.ask("POST", "/v1/reports", body, key=changed.keys["acme-analyst"])[1]["answer"]
    assert "Version 1 was replaced" in changed.ask("GET", link)[1]["notes"][0]


def test_of_a_deleted_goal_nothing_is_expected(changed: Api) -> None:
    current = changed.goals.get("acme", "purchase")
    assert current is not None
    changed.goals.replace("acme", replace(current, state="deleted"), 2)
    for version in (1, 2):
        answer = ask(changed, goal_version=version)
        assert answer["goal"]["deleted"]
        assert "deleted on 2026-11-04" in answer["notes"][0]


def test_it_says_from_when_on_the_past_is_computed(changed: Api) -> None:
    (never,) = notes_on(changed, 2)
    assert "before 2026-11-03T12:00:00" in never
    assert "POST /v1/goals/{id}/backfill" in never
    assert notes_on(changed, 2, **{"from": "2026-11-04"}) == []


def test_it_says_which_part_of_the_past_is_computed(changed: Api) -> None:
    from_1st, end = (read_moment(text, BERLIN, "at") for text in ("2026-10-28", "2026-11-05"))
    keep_backfill(changed.progress, "acme", Backfill("r", "purchase", 2, from_1st, end, "done", end, end, parts=1))
    (partly,) = notes_on(changed, 2)
    assert "computed from 2026-10-28T00:00:00" in partly
    assert notes_on(changed, 2, **{"from": "2026-10-28"}) == []
    assert ask(changed)["backfill"]["from"] == rfc3339(from_1st, BERLIN)


def test_it_is_as_of_what_is_computed(asking: Api) -> None:
    AttributionProgress(asking.progress).note({"acme": NOW - 25_000, "other": NOW - 4 * DAY}, NOW - 10_000)
    answer = ask(asking)
    assert answer["attribution"] == {"lag_ms": 15_000, "seen_at": rfc3339(NOW - 10_000, BERLIN)}
    assert (answer["as_of"], answer["notes"]) == (rfc3339(NOW - 15_000, BERLIN), [])


def test_it_says_that_the_latest_conversions_are_late(asking: Api) -> None:
    AttributionProgress(asking.progress).note({"acme": NOW - 610_000}, NOW - 5_000)
    late = ask(asking)
    assert late["as_of"] == rfc3339(NOW - 605_000, BERLIN)
    assert "the latest are not in yet" in late["notes"][0]
    status = asking.ask("GET", "/v1/status")[1]
    assert status["attribution"] == late["attribution"] == {"lag_ms": 605_000, "seen_at": rfc3339(NOW - 5_000, BERLIN)}


def test_what_was_seen_long_ago_says_nothing_of_now(asking: Api) -> None:
    AttributionProgress(asking.progress).note({"acme": NOW - DAY}, NOW - DAY // 2)
    answer = ask(asking)
    assert (answer["attribution"]["lag_ms"], answer["as_of"], answer["notes"]) == (None, rfc3339(NOW, BERLIN), [])


@pytest.mark.parametrize(
    ("body", "code", "field", "words"),
    [
        ({"goal": "purchse"}, "unknown_goal", "goal", "purchase"),
        ({"goal_version": 7}, "unknown_goal", "goal", "Versions: 1"),
        ({"models": ["lenear"]}, "unknown_model", "models.0", "Did you mean linear?"),
        ({"lookback": "7 days"}, "invalid_interval", "lookback", "6 days"),
        ({"dimension": "context.campain"}, "unknown_field", "dimension", "context.campaign"),
        ({"dimension": "actor.id"}, "unknown_field", "dimension", "properties.<key>"),
        ({"models": ["custom"]}, "invalid_request", "weights", "custom"),
        ({"weights": {"first": 1, "middle": 1, "last": 1}}, "invalid_request", "weights", "custom"),
        ({"models": ["custom"], "weights": {"first": 0, "middle": 0, "last": 0}}, "invalid_request", "weights", "0"),
        ({"filters": [{"field": "object.id", "value": "x"}]}, "invalid_filter", "filters.0.field", "segment"),
        ({"interval": "hour", "to": "2027-11-01"}, "too_many_buckets", "interval", "6 hours"),
    ],
    ids=str,
)
def test_what_cannot_be_answered_says_what_would_work(
    asking: Api, body: dict[str, Any], code: str, field: str, words: str
) -> None:
    status, problem = asking.ask("POST", "/v1/queries/attribution", ASKED | body)
    assert (status, problem["code"], problem["field"]) == (422, code, field), problem
    assert words in problem["detail"]


@pytest.mark.parametrize("kind", ["whole", "value", "other", "absent", "unattributed"])
def test_the_people_of_a_row_are_those_whose_conversions_have_such_a_touch(asking: Api, kind: str) -> None:
    question = ASKED | {"top": 2}
    top = [row["key"] for row in ask(asking, top=2)["rows"] if row["kind"] == "value"]
    cell = {"kind": kind, **({"key": top[0]} if kind == "value" else {})}
    body = {"kind": "attribution", "question": question, "cell": cell, "limit": 1000}
    status, answer = asking.ask("POST", "/v1/queries/people", body)
    assert status == 200, answer

    def is_in(one: dict[str, Any]) -> bool:
        values = {touch.get("context", {}).get("campaign") for touch in one["touches"]}
        return {
            "whole": True,
            "value": top[0] in values,
            "other": bool(values - {*top, None}),
            "absent": None in values,
            "unattributed": not values,
        }[kind]

    wanted = sorted({one["person"] for one in purchases() if is_in(one)})
    assert sorted(one["id"] for one in answer["people"]) == wanted
    assert answer["number"] == len(wanted) > 0


def test_spend_stands_beside_what_it_earned_also_where_nothing_converted(asking: Api) -> None:
    lines = (("c0", 100_0000), ("c1", 50_0000), ("nobody_came", 30_0000))
    paid = tuple(Spend(date(2026, 10, 25), None, campaign, amount, "EUR") for campaign, amount in lines)
    asking.spend.put("acme", SpendSheet("ads", 0, paid))
    answer = ask(asking, spend=True, models=["linear", "last"])
    assert answer["spend"] == {"EUR": "180"}
    rows = {row["key"]: row for row in answer["rows"] if row["kind"] == "value"}
    assert rows["nobody_came"]["spend"] == {"EUR": "30"}
    assert rows["nobody_came"]["roas"] == {"linear": {"EUR": 0.0}, "last": {"EUR": 0.0}}
    earned = float(rows["c0"]["credit"]["last"]["value"]["EUR"])
    assert rows["c0"]["roas"]["last"]["EUR"] == pytest.approx(earned / 100)
    short = ask(asking, spend=True, models=["linear"], top=1)
    total = sum((Decimal(row["spend"].get("EUR", "0")) for row in short["rows"]), Decimal(0))
    assert total == 180


def test_order_of_documents_changes_nothing(asking: Api) -> None:
    before = ask(asking, models=[*MODELS, "data_driven"])
    asking.conversions.documents = random.Random(3).sample(DOCUMENTS, len(DOCUMENTS))
    asking.columns.documents = random.Random(4).sample(EVENTS, len(EVENTS))
    assert ask(asking, models=[*MODELS, "data_driven"]) == before


def test_every_conversion_can_be_listed_and_says_why(asking: Api) -> None:
    found, cursor = [], ""
    while True:
        query = f"goal=purchase&from=2026-10-20&to=2026-11-20&limit=60{cursor}"
        status, page = asking.ask("GET", "/v1/conversions", query=query)
        assert status == 200, page
        found += page["conversions"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert [one["id"] for one in found] == [
        one["_id"] for one in sorted(purchases(), key=lambda one: (one["@timestamp"], one["event"]))
    ]
    for one in found[:40]:
        status, why = asking.ask("GET", f"/v1/conversions/{one['id']}")
        assert status == 200, why
        assert len(why["touches"]) == one["touch_count"]
        for model in MODELS if why["touches"] else ():
            shares = [Fraction(touch["credit"][model]["share"]) for touch in why["touches"]]
            assert abs(sum(shares) - 1) <= Fraction(len(shares), MICRO)


def test_a_conversion_of_nobody_and_a_bad_cursor_are_refused(asking: Api) -> None:
    assert asking.ask("GET", "/v1/conversions/none")[0] == 404
    other = asking.ask("GET", f"/v1/conversions/{purchases()[0]['_id']}", tenant="other")
    assert other[0] == 404
    status, problem = asking.ask("GET", "/v1/conversions", query="goal=purchase&cursor=x")
    assert (status, problem["field"]) == (422, "cursor")


def test_paths_are_those_of_the_conversions(asking: Api) -> None:
    answer = ask_paths(asking, steps=30, top=1000, dimension="context.channel")
    wanted: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for one in purchases():
        wanted[tuple(touch.get("context", {}).get("channel") for touch in one["touches"])] += 1
    found = {tuple(row["path"]): row["paths"] for row in answer["converting"]["rows"]}
    assert found == wanted
    assert answer["converting"]["paths"] == len(purchases())
    assert sum(one["conversions"] for one in answer["touches"]["conversions"]) == len(purchases())
    values = sum((Decimal(row["value"].get("EUR", "0")) for row in answer["converting"]["rows"]), Decimal(0))
    euros = [one["value"]["amount_e4"] for one in purchases() if one.get("value", {}).get("currency") == "EUR"]
    assert values == Decimal(sum(euros)) / 10_000


def test_paths_of_a_goal_that_counts_once(asking: Api) -> None:
    answer = ask_paths(asking, goal="first_purchase", steps=30, top=1000)
    own = [one for one in DOCUMENTS if one.get("goal") == "first_purchase" and "kind" not in one]
    assert answer["converting"]["paths"] == len(own)
    lags = [one["first_touch_age_ms"] for one in own if one["touches"]]
    assert answer["from_first_touch"]["conversions"] == len(lags)
    assert answer["from_first_touch"]["median_ms"] in lags


def test_listed_and_other_paths_are_all_of_them(asking: Api) -> None:
    answer = ask_paths(asking, top=2, steps=2)
    for name in ("converting", "not_converting"):
        one = answer[name]
        assert sum(row["paths"] for row in one["rows"]) + one["others"] == one["paths"]


def ask_paths(api: Api, **more: Any) -> dict[str, Any]:
    asked = {name: part for name, part in ASKED.items() if name != "models"}
    status, answer = api.ask("POST", "/v1/queries/attribution/paths", asked | more)
    assert status == 200, answer
    return answer


@pytest.mark.parametrize("table", ["credit", "value"])
def test_tables_hold_what_the_answer_holds(asking: Api, table: str) -> None:
    headers = {"authorization": f"Bearer {asking.keys['acme']}", "accept": "text/csv"}
    answer = asking.raw("POST", "/v1/queries/attribution", ASKED, query=f"table={table}", headers=headers)
    assert answer["statusCode"] == 200, answer["body"]
    lines = answer["body"].strip().splitlines()
    assert len(lines) > len(MODELS) * 3
