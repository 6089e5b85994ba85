"""Messages compared, key figures and spend, over HTTPS: the numbers are those of the oracle."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from local.under_test import SystemUnderTest
from tests.e2e.conftest import Customer

pytestmark = pytest.mark.system

CONTACTS, OPENED, BOUGHT = {"A": 150, "B": 160}, {"A": 45, "B": 80}, {"A": 6, "B": 9}
RANGE = {"range": "last_10_days", "time_zone": "UTC"}


@pytest.fixture
def ours(system: SystemUnderTest, customer: Callable[..., Customer], event: Callable[..., Any]) -> Customer:
    made, sent = customer(), []
    for arm, contacts in CONTACTS.items():
        context = {"campaign": "autumn", "message": f"m-{arm}", "variant": arm}
        for number in range(contacts):
            person = f"{arm}{number}"
            sent.append(event(f"s-{person}", days_ago=5, action="email_sent", actor=person, context=context))
            if number < OPENED[arm]:
                sent.append(event(f"o-{person}", days_ago=4, action="email_opened", actor=person, context=context))
            if number < BOUGHT[arm]:
                value = {"amount": "20.00", "currency": "EUR"}
                sent.append(event(f"b-{person}", days_ago=3, action="order_paid", actor=person, value=value))
    cost = {"amount": "60.00", "currency": "EUR"}
    sent.append(event("cost", days_ago=4, action="spend_recorded", actor="finance", value=cost))
    made.send(*sent)
    made.wait()
    return made


def ask(ours: Customer, kind: str, **body: Any) -> dict[str, Any]:
    answer = ours.ask("read", "POST", f"/v1/queries/{kind}", json=RANGE | body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def criterion(action: str) -> list[list[dict[str, str]]]:
    return [[{"field": "action", "value": action}]]


def test_arms_are_compared_as_the_oracle_does(ours: Customer) -> None:
    question = {"outcomes": [{"name": "Opened", "any_of": criterion("email_opened")}]}
    answer = ask(ours, "comparison", **question)
    assert answer["arms"] == [{"arm": arm, "contacts": contacts} for arm, contacts in CONTACTS.items()]
    assert answer["sample_ratio"]["mismatch"] is False
    _, other = answer["outcomes"][0]["arms"]
    assert other["converted"] == OPENED["B"]
    _, p_value = proportions_ztest([OPENED["B"], OPENED["A"]], [CONTACTS["B"], CONTACTS["A"]])
    low, high = confint_proportions_2indep(
        OPENED["B"], CONTACTS["B"], OPENED["A"], CONTACTS["A"], method="newcomb", compare="diff"
    )
    assert other["p_value"] == pytest.approx(p_value)
    assert other["difference_interval"] == pytest.approx({"low": low, "high": high})
    assert answer["outcomes"][0]["conclusion"] == "B did better than A."
    listed = ours.ask(
        "read",
        "POST",
        "/v1/queries/people",
        json={"kind": "comparison", "question": RANGE | question, "cell": {"arm": "B"}, "limit": 500},
    ).json()
    assert sorted(one["id"] for one in listed["people"]) == sorted(f"B{number}" for number in range(OPENED["B"]))


def test_spend_is_uploaded_and_key_figures_use_it(ours: Customer) -> None:
    day = (datetime.now(UTC) - timedelta(days=4)).date()
    sheet = f"date;campaign;amount;currency\n{day};autumn;90.00;EUR\n"
    put = ours.ask("admin", "PUT", "/v1/spend/may", data=sheet, headers={"Content-Type": "text/csv"})
    assert put.status_code == 201, put.text
    assert put.json()["totals"] == {"EUR": "90"}
    broken = ours.ask(
        "admin", "PUT", "/v1/spend/may", data=sheet + "yesterday;;1;EUR\n", headers={"Content-Type": "text/csv"}
    )
    assert (broken.status_code, broken.json()["code"], broken.json()["errors"][0]["line"]) == (
        422,
        "invalid_spend",
        "3",
    )
    answer = ask(ours, "kpis", kpis=["sent", "delivered", "open_rate", "spend"])
    (whole,) = answer["rows"]
    contacts, opened = sum(CONTACTS.values()), sum(OPENED.values())
    assert {name: one["value"] for name, one in whole["figures"].items()} == {
        "sent": contacts,
        "delivered": contacts,
        "open_rate": pytest.approx(opened / contacts),
        "spend": {"EUR": "150"},
    }
    by_campaign = ask(ours, "kpis", kpis=["spend"], breakdown={"field": "context.campaign"})
    spend = {row.get("key", row["kind"]): row["figures"]["spend"]["value"]["EUR"] for row in by_campaign["rows"]}
    assert spend == {"whole": "150", "autumn": "90", "other": "0", None: "60"}
    assert ours.ask("admin", "DELETE", "/v1/spend/may").status_code == 200
    assert ask(ours, "kpis", kpis=["spend"])["rows"][0]["figures"]["spend"]["value"] == {"EUR": "60"}
