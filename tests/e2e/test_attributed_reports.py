"""Attribution and cohorts over HTTPS on the whole system: events in, credit out, as counted by hand."""

import time
from decimal import Decimal
from typing import Any

import pytest

pytestmark = pytest.mark.system

PATIENCE_SECONDS = 90
MODELS = ["first", "last", "linear", "position", "time_decay"]
GOAL = {
    "name": "Purchases",
    "criteria": [{"action": "purchase_made"}],
    "value": {"type": "event"},
    "touch_actions": ["link_clicked"],
}


def test_credit_of_two_campaigns_adds_up_and_explains_itself(customer: Any, event: Any) -> None:
    one = customer()
    paid = {"value": {"amount": "100.01", "currency": "EUR"}}
    spring, autumn = {"context": {"campaign": "spring"}}, {"context": {"campaign": "autumn"}}
    one.send(
        event("s1", days_ago=6, action="email_sent", actor="ann", **spring),
        event("s2", days_ago=6, action="email_sent", actor="bob", **spring),
        event("c1", days_ago=5, action="link_clicked", actor="ann", **spring),
        event("c2", days_ago=4, action="link_clicked", actor="ann", **autumn),
        event("c3", days_ago=3, action="link_clicked", actor="ann", **autumn),
        event("p1", days_ago=2, action="purchase_made", actor="ann", **paid),
        event("p2", days_ago=2, action="purchase_made", actor="eve", **paid),  # without a touch
    )
    one.wait()
    made = one.ask("admin", "POST", "/v1/goals", json=GOAL)
    assert made.ok, made.text
    goal = made.json()["id"]
    asked = {"range": "last_30_days", "goal": goal, "models": MODELS}
    answer = until_all(one, asked, conversions="2")

    assert answer["totals"]["unattributed"] == {"conversions": "1", "value": {"EUR": "100.01"}}
    credit = {row["key"]: row["credit"] for row in answer["rows"] if row["kind"] == "value"}
    assert credit["spring"]["first"] == {"conversions": "1", "value": {"EUR": "100.01"}}
    assert credit["autumn"]["last"]["conversions"] == "1"
    assert [credit[name]["position"]["conversions"] for name in ("spring", "autumn")] == ["0.4", "0.6"]
    assert credit["spring"]["linear"]["conversions"] == "0.333334"
    for model in MODELS:
        earned = sum(Decimal(row["credit"][model]["value"].get("EUR", "0")) for row in answer["rows"])
        assert earned == Decimal("100.01")

    page = one.ask("read", "GET", f"/v1/conversions?goal={goal}").json()
    known = {found["person"]: found["id"] for found in page["conversions"]}
    why = one.ask("read", "GET", f"/v1/conversions/{known['ann']}").json()
    assert [touch["context"]["campaign"] for touch in why["touches"]] == ["spring", "autumn", "autumn"]
    assert sum(Decimal(touch["credit"]["time_decay"]["share"]) for touch in why["touches"]) == 1

    cohorts = {"range": "last_30_days", "goal": goal, "values": ["spring"], "ages": 7}
    kept = ask(one, "cohorts", cohorts)
    total = kept["cohorts"][0]["total"]
    assert (total["size"], total["converted"], total["rate"]) == (2, 1, 0.5)
    entry = [[{"field": "action", "value": "email_sent"}]]
    assert ask(one, "cohorts", cohorts | {"entry": entry})["cohorts"] == kept["cohorts"]

    paths = ask(one, "attribution/paths", {"range": "last_30_days", "goal": goal})
    assert {tuple(row["path"]): row["paths"] for row in paths["converting"]["rows"]} == {
        ("spring", "autumn", "autumn"): 1,
        (): 1,
    }
    body = {"kind": "attribution", "question": asked, "cell": {"kind": "value", "key": "spring"}}
    assert [person["id"] for person in ask(one, "people", body)["people"]] == ["ann"]
    refused = one.ask("read", "POST", "/v1/queries/attribution", json=asked | {"lookback": "90 days"})
    assert (refused.status_code, refused.json()["field"]) == (422, "lookback")


def ask(customer: Any, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = customer.ask("read", "POST", f"/v1/queries/{kind}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def until_all(customer: Any, asked: dict[str, Any], *, conversions: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE_SECONDS
    while (answer := ask(customer, "attribution", asked))["totals"]["all"]["conversions"] != conversions:
        assert time.monotonic() < end, answer
        time.sleep(0.5)
    return answer
