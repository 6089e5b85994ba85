"""POST /v1/queries/timeseries over memory twins."""

from typing import Any

import pytest

from tests.unit.functions.query_api.conftest import Api

PATH = "/v1/queries/timeseries"
RANGE = {"from": "2026-10-24", "to": "2026-10-28"}


def ask(api: Api, **body: Any) -> dict[str, Any]:
    status, answer = api.ask("POST", PATH, RANGE | body)
    assert status == 200, answer
    return answer


def test_says_what_it_counted_over_what_and_as_of_when(api: Api) -> None:
    answer = ask(api, filters=[{"field": "action", "value": "Email Opened"}])
    assert answer["definition"] == "Number of events."
    assert answer["filters"] == ["action is 'Email Opened'"]
    assert answer["range"] == {"from": "2026-10-24T00:00:00+02:00", "to": "2026-10-28T00:00:00+01:00"}
    assert answer["time_zone"] == "Europe/Berlin"
    assert answer["accuracy"] == {"exact": True, "bound": None, "notes": []}
    assert answer["as_of"].startswith("2026-10-26T")
    assert answer["index"] == {"refresh_seconds": 2, "lag_ms": None}
    opened = [e for e in api.events if e["tenant"] == "acme" and e["action"] == "email_opened"]
    assert answer["series"][0]["total"] == len(opened)


def test_marks_what_is_not_over_and_can_leave_it_out(api: Api) -> None:
    assert [bucket["complete"] for bucket in ask(api)["buckets"]] == [True, True, False, False]
    finished = ask(api, include_unfinished=False)
    assert [bucket["complete"] for bucket in finished["buckets"]] == [True, True]
    assert finished["series"][0]["total"] == sum(finished["series"][0]["values"])


def test_a_rate_is_made_of_sums_and_nothing_over_nothing_is_null(api: Api) -> None:
    rate = {
        "type": "rate",
        "numerator": [{"field": "action", "value": "email_opened"}],
        "denominator": [{"field": "action", "value": "email_sent"}],
    }
    series = ask(api, measure=rate, to="2026-10-29")["series"][0]
    counts = {
        name: ask(api, filters=[{"field": "action", "value": name}])["series"][0]
        for name in ("email_opened", "email_sent")
    }
    assert series["total"] == counts["email_opened"]["total"] / counts["email_sent"]["total"]
    assert series["values"][-1] is None


def test_amounts_are_decimal_text_by_currency_and_never_added_across(api: Api) -> None:
    series = ask(api, measure={"type": "sum"}, breakdown={"field": "value.currency", "top": 2})["series"]
    assert series[0]["total"].keys() == {"EUR", "JPY"}
    rows = {one["key"]: one["total"] for one in series if one["kind"] == "value"}
    assert rows["EUR"] == {"EUR": series[0]["total"]["EUR"], "JPY": "0"}
    assert series[0]["values"][-1] == {"EUR": "0", "JPY": "0"}


def test_a_breakdown_has_other_and_absent_and_says_whether_it_adds_up(api: Api) -> None:
    answer = ask(api, breakdown={"field": "context.campaign", "top": 2})
    kinds = [one["kind"] for one in answer["series"]]
    assert kinds == ["whole", "value", "value", "other", "absent"]
    assert answer["series"][4]["key"] is None
    totals = [one["total"] for one in answer["series"]]
    assert totals[0] == sum(totals[1:])
    assert answer["breakdown"]["adds_up"]
    people = ask(api, measure={"type": "unique_actors"}, breakdown={"field": "context.campaign", "top": 2})
    assert not people["breakdown"]["adds_up"]
    assert people["breakdown"]["why_not"]
    tags = ask(api, breakdown={"field": "properties.tag", "top": 3})["breakdown"]
    assert (tags["adds_up"], tags["why_not"]) == (
        False,
        "Some events have several values of this field and are in the row of each.",
    )


def test_compares_with_the_period_before_bucket_by_bucket(api: Api) -> None:
    body = {"from": "2026-10-25", "to": "2026-10-26", "compare": {"with": "previous"}}
    answer = ask(api, **body)
    before = ask(api, **{"from": "2026-10-24", "to": "2026-10-25"})
    other = answer["comparison"]
    assert other["range"] == {"from": "2026-10-24T00:00:00+02:00", "to": "2026-10-25T00:00:00+02:00"}
    assert other["series"][0]["values"] == before["series"][0]["values"]
    now, then = answer["series"][0]["total"], before["series"][0]["total"]
    assert other["series"][0]["total_change"] == pytest.approx((now - then) / then)


def test_what_is_not_over_is_compared_with_as_much_of_the_period_before(api: Api) -> None:
    answer = ask(api, **{"from": "2026-10-26", "to": "2026-10-27", "compare": {"with": "previous"}})
    assert answer["comparison"]["range"]["to"] == "2026-10-25T13:00:00+01:00"


def test_change_from_nothing_is_null(api: Api) -> None:
    answer = ask(api, compare={"with": "year"})
    assert set(answer["comparison"]["series"][0]["change"]) == {None}


@pytest.mark.parametrize(
    "measure",
    [
        {"type": "unique_actors"},
        {"type": "average"},
        {"type": "average", "of": "properties.score"},
        {"type": "percentile", "percents": [50, 99.9]},
        {"type": "percentile", "of": "properties.score"},
        {"type": "per_actor"},
        {"type": "per_actor", "of": "value"},
        {"type": "per_actor", "of": "properties.score"},
        {"type": "sum", "of": "properties.score"},
    ],
    ids=str,
)
def test_every_measure_answers_with_a_definition(api: Api, measure: dict[str, Any]) -> None:
    answer = ask(
        api, measure=measure, breakdown={"field": "action"}, compare={"with": "previous", "match_weekday": True}
    )
    assert answer["definition"].endswith(".")
    assert len(answer["series"]) == len(answer["comparison"]["series"]) == 3 + 3
    assert all(len(one["values"]) == len(answer["buckets"]) for one in answer["series"])


@pytest.mark.parametrize(
    ("body", "code", "field", "hint"),
    [
        ({"filters": [{"field": "campaign", "value": "x"}]}, "unknown_field", "filters.0.field", "context.campaign"),
        (
            {"filters": [{"field": "context.campain", "value": "x"}]},
            "unknown_field",
            "filters.0.field",
            "context.campaign",
        ),
        ({"filters": [{"field": "action", "value": "email_opend"}]}, "unknown_action", None, "email_opened"),
        ({"time_zone": "Europe/Berln"}, "unknown_time_zone", "time_zone", "Europe/Berlin"),
        ({"time_zone": "../etc/passwd"}, "unknown_time_zone", "time_zone", ""),
        ({"interval": "fortnight"}, "invalid_interval", "interval", "week"),
        ({"interval": "minute", "to": "2027-10-24"}, "too_many_buckets", "interval", "would work"),
        ({"interval": "2 hours", "from": "2026-06-24", "breakdown": {"field": "action", "top": 100}}, "", "", ""),
        ({"from": "2026-10-28", "to": "2026-10-28"}, "invalid_range", "to", "before"),
        ({"from": "yesterday"}, "invalid_range", "from", "2026-11-22"),
        ({"from": "0001-01-01"}, "invalid_range", "from", "1970"),
        ({"measure": {"type": "median"}}, "invalid_request", "measure", "count"),
        ({"measure": {"type": "sum", "of": "price"}}, "unknown_field", "measure.of", "properties.<key>"),
        ({"filtres": []}, "invalid_request", "filtres", "permitted"),
        ({"breakdown": {"field": "value.amount"}}, "unknown_field", "breakdown.field", "too many"),
        ({"breakdown": {"field": "action", "top": 101}}, "invalid_request", "breakdown.top", "100"),
        ({"filters": [{"field": "action", "is": "gt", "value": 3}]}, "invalid_filter", "filters.0.value", "numbers"),
        ({"filters": [{"field": "action", "is": "in", "value": "x"}]}, "invalid_filter", "filters.0.value", "list"),
        (
            {"filters": [{"field": "value.amount", "is": "gt", "value": "ten"}]},
            "invalid_filter",
            "filters.0.value",
            "number",
        ),
        ({"compare": {"with": "custom"}}, "invalid_range", "compare.from", "custom"),
    ],
    ids=str,
)
def test_a_wrong_question_is_told_what_would_have_worked(
    api: Api, body: dict[str, Any], code: str, field: str | None, hint: str
) -> None:
    status, problem = api.ask("POST", PATH, RANGE | body)
    if not code:
        assert status == 200
        return
    assert (status, problem["code"], problem.get("field")) == (422, code, field)
    assert hint in problem["detail"]


def test_a_new_action_without_events_is_an_answer_with_a_note(api: Api) -> None:
    answer = ask(api, filters=[{"field": "action", "value": "webinar_joined"}])
    assert answer["series"][0]["total"] == 0
    assert "webinar_joined" in answer["notes"][0]


def test_a_body_that_cannot_be_read_is_the_clients_fault(api: Api) -> None:
    for body in ("[" * 200_000, "9" * 5_000):
        assert api.ask("POST", PATH, body)[0] == 400


@pytest.fixture
def outlived(api: Api) -> Api:
    """The first day has left the index."""
    api.reports.begins = 1_792_792_800_000 + 86_400_000
    api.reports.documents = [one for one in api.events if one["@timestamp"] >= api.reports.begins]
    return api


def test_what_has_left_the_index_is_counted_in_the_archive(outlived: Api) -> None:
    own = [one for one in outlived.events if one["tenant"] == "acme"]
    count, people = ask(outlived), ask(outlived, measure={"type": "unique_actors"})
    assert count["series"][0]["values"][0] == sum(one["@timestamp"] < outlived.reports.begins for one in own) > 0
    assert (count["series"][0]["values"][0] > 0) == (people["series"][0]["values"][0] > 0)
    assert count["series"][0]["total"] == len(own)
    broken_down = ask(outlived, breakdown={"field": "action", "top": 3})
    assert sum(one["values"][0] for one in broken_down["series"][1:]) == count["series"][0]["values"][0]


def test_a_period_before_the_index_is_compared_with_what_it_was(outlived: Api) -> None:
    days = {"from": "2026-10-25", "to": "2026-10-26"}
    answer = ask(outlived, **days, compare={"with": "previous"})
    assert answer["comparison"]["series"][0]["total"] == ask(outlived)["series"][0]["values"][0]


def test_single_events_of_before_the_index_are_refused_and_people_listed(outlived: Api) -> None:
    asked = {"kind": "timeseries", "question": RANGE, "list": "events"}
    status, problem = outlived.ask("POST", "/v1/queries/people", asked)
    assert (status, problem["field"]) == (422, "question.from")
    assert "2026-10-25T" in problem["detail"]
    assert outlived.ask("POST", "/v1/queries/people", asked | {"list": "people"})[1]["number"] > 0


@pytest.mark.parametrize(
    ("field", "reading", "counted_in"),
    [("action", 0.0, "columns"), ("action", 60.0, "reports"), ("actor.type", 0.0, "reports"), (None, 0.0, "reports")],
)
def test_a_breakdown_is_counted_in_columns_that_are_at_hand(
    api: Api, field: str | None, reading: float, counted_in: str
) -> None:
    api.columns.reading = reading
    body = {} if field is None else {"breakdown": {"field": field, "top": 2}}
    whole = ask(api, **body)
    getattr(api, counted_in).documents.clear()
    emptied = ask(api, **body)
    assert whole["series"][0]["total"] > 0 == emptied["series"][0]["total"]
