"""POST /v1/queries/comparison, from the request to the answer."""

from typing import Any

import pytest
from query_api.kinds import KINDS
from touchline.domain.goals import FixedValue, Goal
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter

from tests.contract.reported_events import START
from tests.unit.functions.query_api.conftest import Api

HOUR = 3_600_000
PATH = "/v1/queries/comparison"
BODY: dict[str, Any] = {
    "range": "last_7_days",
    "filters": [{"field": "context.campaign", "value": "ab"}],
    "outcomes": [{"name": "opened", "any_of": [[{"field": "action", "value": "email_opened"}]]}],
}
BOUGHT = {"name": "bought", "any_of": [[{"field": "action", "value": "ab_purchase"}]]}


def event(number: int, actor: str, action: str, hours: float, **parts: Any) -> dict[str, Any]:
    return {
        "@timestamp": START - 2 * 24 * HOUR + int(hours * HOUR),
        "sequence": 10_000_000 + number,
        "id": f"ab{number}-{actor}-{action}-{hours}",
        "tenant": "acme",
        "action": action,
        "actor": {"id": actor},
        **parts,
    }


def sent_and_opened() -> list[dict[str, Any]]:
    """200 contacts each in A and B; 40 and 80 open; one of each buys; two had both."""
    made = []
    for number in range(400):
        variant, actor = "AB"[number % 2], f"ab{number}"
        context = {"campaign": "ab", "variant": variant}
        made.append(event(number, actor, "email_sent", 1, context=context))
        if number // 2 < (40 if variant == "A" else 80):
            made.append(event(number, actor, "email_opened", 2, context=context))
    for actor in ("both1", "both2"):
        for number, variant in enumerate("BA"):
            made.append(event(number, actor, "email_sent", number, context={"campaign": "ab", "variant": variant}))
    made.append(event(1_000, "ab0", "ab_purchase", 30, value={"amount_e4": 500_000, "currency": "EUR"}))
    made.append(event(1_001, "ab1", "ab_purchase", 3, value={"amount_e4": 700_000, "currency": "USD"}))
    made.append(event(1_002, "ab3", "email_opened", 3, context={"campaign": "other", "variant": "B"}))
    return made


@pytest.fixture
def ab(api: Api) -> Api:
    api.columns.documents += sent_and_opened()
    return api


def ask(api: Api, **more: Any) -> dict[str, Any]:
    status, answer = api.ask("POST", PATH, BODY | more)
    assert status == 200, answer
    return answer


def test_the_arms_their_rates_and_the_verdict(ab: Api) -> None:
    answer = ask(ab)
    assert answer["arms"] == [{"arm": "A", "contacts": 200}, {"arm": "B", "contacts": 200}]
    assert answer["left_out"] == {"contacts_in_several_arms": 2, "exposures_without_arm": 0}
    assert answer["sample_ratio"]["mismatch"] is False
    (outcome,) = answer["outcomes"]
    assert [(one["converted"], one["rate"]) for one in outcome["arms"]] == [(40, 0.2), (80, 0.4)]
    assert outcome["conclusion"] == "B did better than A."
    assert outcome["arms"][1]["difference"] == pytest.approx(0.2)
    assert outcome["arms"][1]["lift"] == pytest.approx(1.0)
    assert outcome["of_the_arm"] is True


def test_the_baseline_can_be_named(ab: Api) -> None:
    (outcome,) = ask(ab, baseline="B")["outcomes"]
    assert [one["verdict"] for one in outcome["arms"]] == ["worse", None]
    assert outcome["conclusion"] == "B did better than the other arm."


def test_a_window_leaves_out_what_came_later(ab: Api) -> None:
    wide, narrow = (ask(ab, outcomes=[BOUGHT], window=window) for window in ("29 hours", "28 hours"))
    assert [one["converted"] for one in wide["outcomes"][0]["arms"]] == [1, 1]
    assert [one["converted"] for one in narrow["outcomes"][0]["arms"]] == [0, 1]
    assert wide["window_open"] == [0, 0]


def test_value_is_told_per_contact_and_currency(ab: Api) -> None:
    (outcome,) = ask(ab, outcomes=[BOUGHT])["outcomes"]
    assert [one["value"] for one in outcome["arms"]] == [
        {"EUR": {"total": "50", "per_contact": "0.25"}, "USD": {"total": "0", "per_contact": "0"}},
        {"EUR": {"total": "0", "per_contact": "0"}, "USD": {"total": "70", "per_contact": "0.35"}},
    ]
    assert outcome["of_the_arm"] is False
    assert [one["verdict"] for one in outcome["arms"]] == [None, "too_few"]


def test_a_goal_is_an_outcome_with_its_version_and_value(ab: Api) -> None:
    bought = ((Filter(Field("action", "text"), "eq", ("ab_purchase",)),),)
    ab.goals.add("acme", Goal("g1", 1, "Order", bought, "once", FixedValue(100_000, "EUR")))
    (outcome,) = ask(ab, outcomes=[{"goal": "g1"}])["outcomes"]
    assert outcome["name"] == "Order"
    assert outcome["goal"] == {"id": "g1", "version": 1}
    assert outcome["arms"][0]["value"] == {"EUR": {"total": "10", "per_contact": "0.05"}}


def test_another_tenant_sees_no_arms(ab: Api) -> None:
    status, answer = ab.ask("POST", PATH, BODY, tenant="other")
    assert status == 200
    assert answer["arms"] == []
    assert answer["sample_ratio"] is None
    assert answer["baseline"] is None


@pytest.mark.parametrize(
    ("change", "field", "code", "hint"),
    [
        ({"outcomes": [{"goal": "g9"}]}, "outcomes.0.goal", "unknown_goal", "none yet"),
        ({"outcomes": [{}]}, "outcomes.0", "invalid_request", "either 'goal' or 'any_of'"),
        ({"outcomes": [{"any_of": [[]]}]}, "outcomes.0.any_of", "invalid_request", "at least one condition"),
        ({"baseline": "C"}, "baseline", "invalid_request", "Arms: 'A', 'B'"),
        ({"field": "variant"}, "field", "unknown_field", "context.variant"),
        ({"split": [1, 2]}, "split", "invalid_request", "which then must be given"),
        ({"window": "2 months"}, "window", "invalid_interval", "say days"),
        ({"field": "actor.id"}, "arms", "too_many_values", "Name them in 'arms'"),
        ({"outcomes": [BOUGHT, BOUGHT]}, "outcomes.1.name", "invalid_request", "Two outcomes"),
    ],
)
def test_a_faulty_question_says_where_and_what_would_work(
    ab: Api, change: dict[str, Any], field: str, code: str, hint: str
) -> None:
    status, problem = ab.ask("POST", PATH, BODY | change)
    assert (status, problem["code"], problem["field"]) == (422, code, field)
    assert hint in problem["detail"]


@pytest.mark.parametrize("group", ["exposed", "converted", "not_converted"])
@pytest.mark.parametrize("arm", ["A", "B", None])
def test_every_list_of_people_is_as_long_as_its_number_says(ab: Api, group: str, arm: str | None) -> None:
    arms = {one["arm"]: one for one in ask(ab)["outcomes"][0]["arms"]}
    numbers = {
        name: {"exposed": one["contacts"], "converted": one["converted"]}
        | {"not_converted": one["contacts"] - one["converted"]}
        for name, one in arms.items()
    }
    expected = sum(number[group] for name, number in numbers.items() if arm in (name, None))
    cell = {"group": group} | ({"arm": arm} if arm else {})
    status, listed = ab.ask(
        "POST", "/v1/queries/people", {"kind": "comparison", "question": BODY, "cell": cell, "limit": 500}
    )
    assert status == 200, listed
    assert listed["number"] == len({one["id"] for one in listed["people"]}) == expected


def test_who_was_left_out_is_listed(ab: Api) -> None:
    body = {"kind": "comparison", "question": BODY, "cell": {"group": "left_out"}}
    listed = ab.ask("POST", "/v1/queries/people", body)[1]
    assert sorted(one["id"] for one in listed["people"]) == ["both1", "both2"]


def test_the_tables_hold_what_the_answer_does(ab: Api) -> None:
    answer = ask(ab, outcomes=[BOUGHT, *BODY["outcomes"]])
    outcomes, values, arms = KINDS["comparison"].tables(answer)
    rows = [dict(zip(outcomes.columns, row, strict=True)) for row in outcomes.rows]
    assert [(row["outcome"], row["arm"], row["converted"]) for row in rows] == [
        ("bought", "A", 1),
        ("bought", "B", 1),
        ("opened", "A", 40),
        ("opened", "B", 80),
    ]
    assert rows[3]["difference_interval_low"] == answer["outcomes"][1]["arms"][1]["difference_interval"]["low"]
    assert ["bought", "B", "USD", "70", "0.35"] in [list(row) for row in values.rows]
    assert [list(row) for row in arms.rows] == [["A", 200], ["B", 200]]
