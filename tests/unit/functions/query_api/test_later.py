"""Questions that nobody waits for, over memory twins: asked, worked on by the real worker, fetched."""

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from query_api import answering, delivery, time_series, worker
from query_api.kinds import KINDS
from touchline.domain.answers import SILENT_MS
from touchline.errors import StoreUnavailable
from touchline.services.answer_later import ask_later as ask

from tests.unit.functions.query_api.conftest import NOW, Api
from tests.unit.functions.query_api.test_samples import SAMPLES as REQUESTS

SAMPLES = REQUESTS.parent
PATH = "/v1/queries/timeseries"
BODY = {"from": "2026-10-24", "to": "2026-10-28", "breakdown": {"field": "action", "top": 3}}
CONTEXT = SimpleNamespace(
    function_name="worker",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:worker",
    aws_request_id="run-1",
    get_remaining_time_in_millis=lambda: 900_000,
)


class Jobs:
    """The queue's other end, too: how long a message was hidden."""

    def __init__(self, api: Api) -> None:
        self.hidden: list[int] = []
        self.send = api.jobs.send

    def hide(self, receipt: str, seconds: int) -> None:
        self.hidden.append(seconds)


@pytest.fixture(autouse=True)
def jobs(api: Api, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    made = Jobs(api)
    monkeypatch.setattr(worker, "jobs", lambda: made)
    return made


def work(api: Api) -> list[str]:
    """Everything on the queue once; the messages that have to come again."""
    bodies, api.jobs.waiting = api.jobs.waiting, []
    records = [
        {"messageId": str(number), "receiptHandle": f"r{number}", "body": body} for number, body in enumerate(bodies)
    ]
    failed = worker.lambda_handler({"Records": records}, CONTEXT)["batchItemFailures"]
    api.jobs.waiting = [bodies[int(one["itemIdentifier"])] for one in failed]
    return api.jobs.waiting


def raw(api: Api, method: str, path: str, body: Any = None, query: str = "", **headers: str) -> dict[str, Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.raw(method, path, body, query=query, headers={"authorization": f"Bearer {api.keys['acme']}"} | sent)


def ask_later(api: Api, **body: Any) -> str:
    answer = raw(api, "POST", PATH, BODY | body, prefer="respond-async")
    assert answer["statusCode"] == 202
    assert answer["headers"]["Preference-Applied"] == "respond-async"
    location: str = answer["headers"]["Location"]
    assert json.loads(answer["body"])["state"] == "waiting"
    return location


def test_the_later_answer_is_the_one_that_would_have_been_given_at_once(api: Api) -> None:
    location = ask_later(api)
    status, problem = api.ask("GET", f"{location}/result")
    assert (status, problem["code"]) == (409, "not_finished")
    assert work(api) == []
    state = api.ask("GET", location)[1]
    assert (state["state"], state["result"], state["tries"]) == ("done", f"{location}/result", 1)
    later = api.ask("GET", f"{location}/result")[1]
    assert later == api.ask("POST", PATH, BODY)[1]


def test_the_sample_of_the_queue_is_worked_on(api: Api) -> None:
    sample = json.loads((SAMPLES / "query_api_worker" / "one_answer.json").read_text())
    job = json.loads(sample["Records"][0]["body"])
    body = json.dumps(BODY)
    ask(api.desk, job["tenant"], "timeseries", body, answer_id=job["answer"], now=NOW)
    assert api.jobs.waiting == [sample["Records"][0]["body"]]
    assert worker.lambda_handler(sample, CONTEXT) == {"batchItemFailures": []}
    assert api.ask("GET", f"/v1/answers/{job['answer']}")[1]["state"] == "done"


def test_another_workspace_does_not_find_it(api: Api) -> None:
    location = ask_later(api)
    work(api)
    for method, path in (("GET", location), ("DELETE", location), ("GET", f"{location}/result")):
        assert api.ask(method, path, tenant="other")[0] == 404


def test_what_is_called_off_is_not_worked_on(api: Api) -> None:
    location = ask_later(api)
    assert api.ask("DELETE", location)[1]["state"] == "cancelled"
    assert work(api) == []
    status, problem = api.ask("GET", f"{location}/result")
    assert (status, problem["code"]) == (409, "cancelled")
    assert api.results.files == {}


def test_what_cannot_be_answered_is_told_as_if_it_had_been_asked_at_once(api: Api) -> None:
    location = ask_later(api, filters=[{"field": "campaign", "value": "x"}])
    work(api)
    state = api.ask("GET", location)[1]
    assert (state["state"], state["problem"]["code"]) == ("failed", "unknown_field")
    status, problem = api.ask("GET", f"{location}/result")
    assert (status, problem["code"], problem["field"]) == (422, "unknown_field", "filters.0.field")


def test_a_store_in_trouble_is_tried_again_and_then_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise StoreUnavailable("The search store cannot be reached.")

    location = ask_later(api)
    monkeypatch.setattr(api.columns, "tally", away)
    assert len(work(api)) == 1
    assert api.ask("GET", location)[1]["state"] == "waiting"
    assert len(work(api)) == 1
    assert work(api) == []
    state = api.ask("GET", location)[1]
    assert (state["state"], state["tries"], state["problem"]["code"]) == ("failed", 3, "store_unavailable")


def test_a_bug_is_told_without_its_inside_and_is_not_tried_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    location = ask_later(api)
    monkeypatch.setattr(api.columns, "tally", lambda *_: 1 / 0)
    assert work(api) == []
    assert api.ask("GET", location)[1]["problem"]["code"] == "internal_error"


def test_a_message_stays_hidden_longer_than_a_worker_may_be_silent(api: Api, jobs: Jobs) -> None:
    ask_later(api)
    work(api)
    assert jobs.hidden
    assert all(seconds * 1_000 > SILENT_MS for seconds in jobs.hidden)


def test_what_cannot_be_waited_for_is_put_off(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the work tells how far it is, and where it does not."""
    kind = KINDS["timeseries"]
    release = time.monotonic() + 0.5

    def slow(body: Any, tenant: Any, sources: Any, now: int, work: Any) -> dict[str, Any]:
        while time.monotonic() < release:
            work.reach(1, 2)
            time.sleep(0.01)
        return {"done": True}

    def silent(body: Any, tenant: Any, sources: Any, now: int, work: Any) -> dict[str, Any]:
        time.sleep(0.3)
        return {"done": True}

    monkeypatch.setattr(answering, "GRACE_SECONDS", 0.05)
    monkeypatch.setattr(answering, "PATIENCE_SECONDS", 0.05)
    for answer in (slow, silent):
        other = type(kind)(**{name: getattr(kind, name) for name in kind.__slots__} | {"answer": answer})
        body = kind.body.model_validate(BODY)
        tenant = api.tenant("acme")
        response = answering.answered(other, body, tenant, delivery.Wanted(), answering.PATIENCE_SECONDS)
        assert response.status_code == 202
    assert len(api.jobs.waiting) == 2


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [("", 20), ("respond-async", 0), ("respond-async, wait=5", 5), ("wait=5; respond-async", 5), ("wait=5", 20),
     ("respond-async, wait=100", 20), ("Respond-Async, WAIT=x", 0)],
)  # fmt: skip
def test_the_preference_is_read_as_rfc_7240_has_it(prefer: str, seconds: float) -> None:
    assert answering.patience(SimpleNamespace(headers={"prefer": prefer})) == seconds  # type: ignore[arg-type]


def test_more_events_than_can_be_waited_for_are_put_off_beforehand(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = time_series.KIND
    reading = type(kind)(**{name: getattr(kind, name) for name in kind.__slots__} | {"reads_events": True})
    monkeypatch.setattr(answering, "MOST_WAITED_EVENTS", 3)
    response = answering.answered(reading, kind.body.model_validate(BODY), api.tenant("acme"), delivery.Wanted(), 20)
    assert response.status_code == 202


def test_csv_has_a_row_for_each_number_and_all_of_them(api: Api) -> None:
    answer = raw(api, "POST", PATH, BODY, accept="text/csv")
    facts = json.loads(raw(api, "POST", PATH, BODY)["body"])
    assert answer["headers"]["Content-Type"] == "text/csv; charset=utf-8; header=present"
    lines = answer["body"].split("\r\n")
    assert lines[0] == "from,to,complete,series,key,currency,percentile,value"
    assert len(lines) == 1 + len(facts["buckets"]) * len(facts["series"]) + 1
    totals = raw(api, "POST", PATH, BODY, query="format=csv&table=totals")["body"].split("\r\n")
    assert totals[1] == f"whole,,,,{facts['series'][0]['total']}"
    status, problem = api.ask("POST", PATH, BODY, query="format=csv&table=nonsense")
    assert (status, problem["field"]) == (422, "table")
    assert "buckets, totals" in problem["detail"]


def test_amounts_and_percentiles_keep_their_names_in_csv(api: Api) -> None:
    body = BODY | {"measure": {"type": "percentile", "percents": [50, 99.9]}, "compare": {"with": "previous"}}
    totals = raw(api, "POST", PATH, body, query="format=csv&table=totals")["body"].split("\r\n")
    assert {tuple(line.split(",")[2:4]) for line in totals[1:-1]} >= {("EUR", "50"), ("EUR", "99.9"), ("JPY", "50")}
    compared = raw(api, "POST", PATH, body, query="format=csv&table=compared")["body"]
    assert compared.startswith("from,to,series,key,currency,percentile,value,change\r\n")


def test_the_later_answer_is_there_as_csv_too(api: Api) -> None:
    location = ask_later(api)
    work(api)
    at_once = raw(api, "POST", PATH, BODY, accept="text/csv")["body"]
    assert raw(api, "GET", f"{location}/result", accept="text/csv")["body"] == at_once


def test_what_is_too_large_for_a_response_is_whole_at_a_link(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = raw(api, "POST", PATH, BODY, accept="text/csv")["body"]
    monkeypatch.setattr(delivery, "INLINE_BYTES", 100)
    answer = raw(api, "POST", PATH, BODY, accept="text/csv")
    assert answer["statusCode"] == 303
    link = answer["headers"]["Location"]
    assert json.loads(answer["body"])["link"] == link
    ((key, kept),) = api.results.files.items()
    assert key in link
    assert kept.decode() == whole


def test_a_later_answer_that_is_too_large_is_linked_and_not_copied(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from query_api import later

    location = ask_later(api)
    work(api)
    monkeypatch.setattr(later, "INLINE_BYTES", 100)
    answer = raw(api, "GET", f"{location}/result")
    assert answer["statusCode"] == 303
    assert len(api.results.files) == 1


def many(api: Api, people: int) -> dict[str, Any]:
    event = next(one for one in api.events if one["tenant"] == "acme")
    api.columns.documents = [
        {**event, "id": f"m{number}", "sequence": number, "actor": {"id": f"p{number}"}} for number in range(people)
    ]
    return {"kind": "timeseries", "question": BODY | {"measure": {"type": "unique_actors"}}}


def test_a_list_of_people_as_csv_is_whole_or_says_where_it_goes_on(api: Api) -> None:
    asked = many(api, 250)
    whole = raw(api, "POST", "/v1/queries/people", asked, accept="text/csv")
    assert len(whole["body"].split("\r\n")) == 1 + 250 + 1
    assert "Touchline-Next-Cursor" not in whole["headers"]
    page = raw(api, "POST", "/v1/queries/people", asked | {"limit": 200}, accept="text/csv")
    cursor = page["headers"]["Touchline-Next-Cursor"]
    rest = raw(api, "POST", "/v1/queries/people", asked | {"limit": 200, "cursor": cursor}, accept="text/csv")
    assert "Touchline-Next-Cursor" not in rest["headers"]
    lines = [line for one in (page, rest) for line in one["body"].split("\r\n")[1:-1]]
    assert lines == whole["body"].split("\r\n")[1:-1]
    assert len(api.ask("POST", "/v1/queries/people", asked)[1]["people"]) == 100


def test_a_list_that_is_fetched_later_as_csv_is_as_whole(api: Api) -> None:
    later = raw(api, "POST", "/v1/queries/people", many(api, 250), accept="text/csv", prefer="respond-async")
    work(api)
    found = raw(api, "GET", f"{later['headers']['Location']}/result", accept="text/csv")
    assert len(found["body"].split("\r\n")) == 1 + 250 + 1
    assert "Touchline-Next-Cursor" not in found["headers"]
