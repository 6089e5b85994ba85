"""POST /v1/queries/kpis, from the request to the answer."""

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from query_api.kinds import KINDS
from touchline.domain.goals import FixedValue, Goal
from touchline.domain.kpis.definitions import INPUTS, KPIS
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.spend import Spend, SpendSheet

from tests.contract.reported_events import START
from tests.unit.functions.query_api.conftest import Api

HOUR = 3_600_000
DAY = 24 * HOUR
FIRST = START - 20 * DAY  # before all other events
PATH = "/v1/queries/kpis"
DAYS = [datetime.fromtimestamp((FIRST + number * DAY) / 1000, UTC).date() for number in range(4)]
BODY: dict[str, Any] = {"from": str(DAYS[0]), "to": str(DAYS[2]), "time_zone": "UTC"}
ORDER = Goal("g1", 3, "Order", ((Filter(Field("action", "text"), "eq", ("kpi_order",)),),), "every", "event")


class Events:
    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []

    def add(self, actor: str, action: str, hours: float, **parts: Any) -> None:
        number = len(self.made)
        self.made.append(
            {
                "@timestamp": FIRST + int(hours * HOUR),
                "sequence": 50_000_000 + number,
                "id": f"kpi{number}",
                "tenant": "acme",
                "action": action,
                "actor": {"id": actor},
                **parts,
            }
        )

    def message(self, actor: str, action: str, hours: float, message: str = "m1", **parts: Any) -> None:
        self.add(actor, action, hours, context={"message": message, "campaign": f"of-{message}"}, **parts)

    def order(self, actor: str, hours: float, amount: int, currency: str = "EUR") -> None:
        self.add(actor, "kpi_order", hours, value={"amount_e4": amount * 10_000, "currency": currency})


def a_day_of_mail() -> list[dict[str, Any]]:
    made = Events()
    for number in range(10):
        made.message(f"p{number}", "email_sent", 1)
    made.message("p0", "email_sent", 30, "m2")
    made.message("p9", "email_bounced", 1.1)
    for hours in (2, 3, 26):  # thrice, of one message
        made.message("p0", "email_opened", hours)
    made.message("p0", "email_opened", 31, "m2")
    made.message("p1", "email_opened", 1 + 1 / 3600)  # a second after it was sent
    made.message("p2", "email_opened", 5, properties=["user_agent=Mozilla/5.0"])
    made.message("p3", "email_opened", 5, properties=["user_agent=Mozilla/5.0 (Macintosh; Intel)"])
    made.message("p0", "email_clicked", 4)
    made.message("p4", "email_unsubscribed", 4)
    made.add("p5", "campaign_entered", 2, context={"campaign": "of-m1"})
    made.add("p6", "campaign_entered", 2, context={"campaign": "of-m1"})
    made.order("p7", -20, 40)  # a customer of the day before
    made.order("p7", 6, 60)
    made.order("p8", -10, 10)
    made.order("p5", 0.5, 5)  # before p5 entered
    made.order("p6", 30, 25)
    made.order("p6", 31, 25, "USD")
    made.order("p6", 60, 99)  # after the range
    made.add(
        "finance", "spend_recorded", 3, value={"amount_e4": 200_000, "currency": "EUR"}, context={"campaign": "of-m1"}
    )
    return made.made


@pytest.fixture
def mail(api: Api) -> Api:
    api.columns.documents += a_day_of_mail()
    api.goals.add("acme", ORDER)
    lines = (Spend(DAYS[1], "email", "of-m2", 100_000, "EUR"), Spend(DAYS[3], "email", "of-m2", 990_000, "EUR"))
    api.spend.put("acme", SpendSheet("s", 1, lines))
    return api


def ask(api: Api, **more: Any) -> dict[str, Any]:
    status, answer = api.ask("POST", PATH, BODY | more)
    assert status == 200, answer
    return answer


def figures(row: dict[str, Any]) -> dict[str, Any]:
    return {name: one["value"] for name, one in row["figures"].items()}


def test_rates_of_messages_as_they_are_defined(mail: Api) -> None:
    answer = ask(mail)
    (whole,) = answer["rows"]
    assert whole["inputs"] == {
        "sent": 11,
        "bounced": 1,
        "delivered": 10,
        "openers": 5,
        "human_openers": 3,
        "clickers": 1,
        "human_clickers": 1,
        "unsubscribed": 1,
        "complained": 0,
        "spend": {"EUR": "30"},
    }
    assert figures(whole) == {
        "sent": 11,
        "delivered": 10,
        "bounce_rate": 1 / 11,
        "open_rate": 0.5,
        "human_open_rate": 0.3,
        "click_rate": 0.1,
        "human_click_rate": 0.1,
        "click_to_open_rate": 0.2,
        "unsubscribe_rate": 0.1,
        "complaint_rate": 0,
        "spend": {"EUR": "30"},
    }
    assert answer["machines"]["version"] == 1
    assert answer["complete"] is True


def test_a_trend_s_uniques_are_counted_in_each_bucket_and_once_in_the_whole(mail: Api) -> None:
    (whole,) = ask(mail, kpis=["open_rate", "sent"])["rows"]
    assert whole["figures"]["sent"]["values"] == [10, 1]
    assert whole["figures"]["open_rate"]["values"] == [4 / 9, 2.0]  # an open of the day before's message is the day's
    assert whole["figures"]["open_rate"]["value"] == 0.5


def test_customers_and_what_they_cost(mail: Api) -> None:
    (whole,) = ask(mail, goal="g1")["rows"]
    found = figures(whole)
    assert (
        whole["inputs"]
        | {
            "converters": 3,
            "value": {"EUR": "90", "USD": "25"},
            "entered": 10,
            "entered_converted": 2,
            "new_customers": 2,
            "customers_before": 2,
            "customers_kept": 1,
            "customers": {"EUR": 4, "USD": 1},
            "customers_value": {"EUR": "140", "USD": "25"},
        }
        == whole["inputs"]
    )
    assert found["conversion_rate"] == 0.3
    assert found["campaign_conversion_rate"] == 0.2
    assert found["cac"] == {"EUR": "15"}
    assert found["roas"] == {"EUR": 3.0}
    assert found["clv_historic"] == {"EUR": "35", "USD": "25"}
    assert found["ltv_cac"] == {"EUR": pytest.approx(35 / 15)}
    assert (found["retention_rate"], found["churn_rate"]) == (0.5, 0.5)
    months = (68 + 58 + 47.5 + 18) / 24 / (365.25 / 12)
    assert found["payback_months"]["EUR"] == pytest.approx(15 / (140 / months), rel=1e-3)
    assert found["clv_predicted"] is None
    assert "4 customers" in whole["figures"]["clv_predicted"]["why_not"]


def test_a_goal_that_counts_once_has_first_conversions_only(mail: Api) -> None:
    mail.goals.add("acme", Goal("once", 1, "First order", ORDER.criteria, "once", FixedValue(10_000, "EUR")))
    (whole,) = ask(mail, goal="once")["rows"]
    assert (whole["inputs"]["converters"], whole["inputs"]["new_customers"]) == (2, 2)
    assert whole["inputs"]["value"] == {"EUR": "2"}


def test_a_breakdown_tells_each_value_and_its_spend(mail: Api) -> None:
    answer = ask(
        mail, breakdown={"field": "context.campaign", "top": 1}, kpis=["sent", "open_rate", "spend", "roas"], goal="g1"
    )
    kinds = [(row["kind"], row.get("key")) for row in answer["rows"]]
    assert kinds == [("whole", None), ("value", "of-m1"), ("other", None), ("absent", None)]
    assert [figures(row)["sent"] for row in answer["rows"]] == [11, 10, 1, 0]
    assert [figures(row)["open_rate"] for row in answer["rows"]] == [0.5, 4 / 9, 1.0, None]
    assert [figures(row)["spend"].get("EUR") for row in answer["rows"]] == ["30", "20", "10", "0"]
    assert answer["rows"][1]["figures"]["roas"]["why_not"] == "It is not broken down: only its whole is told."


def test_the_period_before_is_compared(mail: Api) -> None:
    before = {"with": "previous"}
    body = {"from": str(DAYS[1]), "to": str(DAYS[2]), "kpis": ["sent", "open_rate"], "compare": before}
    comparison = ask(mail, **body)["comparison"]
    (row,) = comparison["rows"]
    assert comparison["range"]["to"].startswith(str(DAYS[1]))
    assert (row["figures"]["sent"]["value"], row["figures"]["sent"]["change"]) == (10, -0.9)
    assert row["figures"]["open_rate"]["changes"] == [pytest.approx((2.0 - 4 / 9) / (4 / 9))]


def test_nothing_is_null_and_never_infinite(mail: Api) -> None:
    (whole,) = ask(mail, goal="g1", **{"from": "2020-01-01", "to": "2020-01-03"})["rows"]
    found = figures(whole)
    assert {name for name, value in found.items() if value not in (None, {})} == {"sent", "delivered"}
    assert "spend_recorded" in whole["figures"]["cac"]["why_not"]


def test_without_a_goal_what_needs_one_says_so(mail: Api) -> None:
    (whole,) = ask(mail, kpis=["cac"])["rows"]
    assert whole["figures"]["cac"] == {
        "value": None,
        "values": [None, None],
        "why_not": "No goal is named: its conversions are needed.",
    }


def test_an_unfinished_range_is_marked(mail: Api) -> None:
    answer = ask(mail, **{"from": str(DAYS[0]), "to": "2026-12-31", "interval": "month"})
    assert answer["complete"] is False
    assert answer["buckets"][-1]["complete"] is False


def test_own_actions_take_the_place_of_the_usual_ones(mail: Api) -> None:
    (whole,) = ask(mail, kpis=["sent", "open_rate"], actions={"opened": ["Email-Clicked"]})["rows"]
    assert whole["inputs"]["openers"] == 1


def test_a_filter_holds_for_conversions_but_not_for_who_was_first(mail: Api) -> None:
    usd = [{"field": "value.currency", "value": "USD"}]
    (whole,) = ask(mail, goal="g1", filters=usd, kpis=["conversion_rate", "cac"])["rows"]
    assert (whole["inputs"]["converters"], whole["inputs"]["new_customers"]) == (1, 0)


def test_every_input_and_figure_is_defined(mail: Api) -> None:
    answer = ask(mail, goal="g1")
    assert [one["name"] for one in answer["kpis"]] == list(KPIS)
    named = {name for one in answer["kpis"] for name in one["inputs"]}
    assert set(answer["rows"][0]["inputs"]) == named
    assert {"conversions"} == set(INPUTS) - named


@pytest.mark.parametrize(
    ("change", "field", "code", "hint"),
    [
        ({"kpis": ["opnrate"]}, "kpis.0", "invalid_request", "open_rate"),
        ({"goal": "g9"}, "goal", "unknown_goal", "g1 (Order)"),
        ({"goal": "g1", "goal_version": 9}, "goal", "unknown_goal", "Versions: 3"),
        ({"message_field": "message"}, "message_field", "unknown_field", "context.message"),
        ({"actions": {"read": ["x"]}}, "actions.read", "invalid_request", "sent"),
        ({"interval": "fortnight"}, "interval", "invalid_interval", "week"),
    ],
)
def test_a_faulty_question_says_where_and_what_would_work(
    mail: Api, change: dict[str, Any], field: str, code: str, hint: str
) -> None:
    status, problem = mail.ask("POST", PATH, BODY | change)
    assert (status, problem["code"], problem["field"]) == (422, code, field)
    assert hint in problem["detail"]


LISTED = ["converters", "new_customers", "entered", "entered_converted", "customers_before", "customers_kept"]


@pytest.mark.parametrize("listed", LISTED)
@pytest.mark.parametrize("goal", ["g1", "once"])
def test_every_list_of_people_is_as_long_as_its_number_says(mail: Api, listed: str, goal: str) -> None:
    mail.goals.add("acme", Goal("once", 1, "First order", ORDER.criteria, "once"))
    number = ask(mail, goal=goal)["rows"][0]["inputs"][listed]
    body = {"kind": "kpis", "question": BODY | {"goal": goal}, "cell": {"input": listed}}
    status, found = mail.ask("POST", "/v1/queries/people", body)
    assert status == 200, found
    assert found["number"] == len({one["id"] for one in found["people"]}) == number


def test_the_tables_hold_what_the_answer_does(mail: Api) -> None:
    answer = ask(mail, goal="g1", compare={"with": "previous"}, breakdown={"field": "context.campaign"})
    tables = {table.name: table for table in KINDS["kpis"].tables(answer)}
    rows = {name: [dict(zip(table.columns, row, strict=True)) for row in table.rows] for name, table in tables.items()}
    whole = {(row["kpi"], row["currency"]): row["value"] for row in rows["figures"] if row["row"] == "whole"}
    assert whole["sent", None] == 11
    assert (whole["clv_historic", "EUR"], whole["clv_historic", "USD"]) == ("35", "25")
    trend = [row["value"] for row in rows["trend"] if (row["row"], row["kpi"]) == ("whole", "sent")]
    assert trend == [10, 1]
    assert ("value", "of-m1", "spend", "EUR", "20") in [tuple(row.values()) for row in rows["inputs"]]
    assert [row["kpi"] for row in rows["definitions"]] == list(KPIS)


def test_lists_without_a_goal_say_that_one_is_needed(mail: Api) -> None:
    body = {"kind": "kpis", "question": BODY, "cell": {"input": "converters"}}
    status, problem = mail.ask("POST", "/v1/queries/people", body)
    assert (status, problem["field"]) == (422, "question.goal")


def test_the_model_of_customers_is_told(mail: Api) -> None:
    made, chance = Events(), Random(1)
    for person in range(300):
        at, every, worth = -8_000.0, chance.gammavariate(2, 400), chance.gammavariate(4, 10)
        while at < 0:
            made.order(f"buyer{person}", at, 1 + int(chance.gammavariate(3, worth)))
            at = at + chance.expovariate(1 / every) if chance.random() < 0.7 else 0.0
    mail.columns.documents += made.made
    answer = ask(mail, goal="g1", kpis=["clv_predicted", "clv_historic"], horizon_days=30)
    model = answer["customer_model"]["EUR"]
    assert model["customers"] == answer["rows"][0]["inputs"]["customers"]["EUR"] == 304
    assert set(model["buying"]) == {"r", "alpha", "a", "b"}
    assert 0 < model["active_share"] <= 1
    assert float(answer["rows"][0]["figures"]["clv_predicted"]["value"]["EUR"]) > 0
    longer = ask(mail, goal="g1", kpis=["clv_predicted"], horizon_days=60)["rows"][0]["figures"]["clv_predicted"][
        "value"
    ]
    assert float(longer["EUR"]) > float(answer["rows"][0]["figures"]["clv_predicted"]["value"]["EUR"])
