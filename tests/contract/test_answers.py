"""Answers, saved questions, results and jobs: one contract for memory and for AWS."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from touchline.adapters.dynamodb.answers import DynamoDbAnswers
from touchline.adapters.dynamodb.reports import DynamoDbReports
from touchline.adapters.memory.results import MemoryJobs, MemoryResults
from touchline.adapters.memory.revised_items import MemoryAnswers, MemoryReports
from touchline.adapters.s3_results import S3Results
from touchline.adapters.sqs_jobs import SqsJobs
from touchline.domain.answers import cancelled, failed, new_answer, taken
from touchline.domain.reports import Report
from touchline.errors import Conflict, NotFound
from touchline.ports import Answers, Jobs, Reports, Results
from touchline.services.answer_later import job_text

NOW = 1_795_000_000_000
ANSWER = new_answer("acme", "a1", "timeseries", '{"range": "today"}', NOW)
BODY = {"range": "today", "measure": {"type": "percentile", "percents": [50.0, 99.9]}, "filters": [], "top": 10}
REPORT = Report("acme", "r1", "Opens", "timeseries", BODY, NOW, NOW)


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        for table in ("answers", "reports"):
            keys = [{"AttributeName": "tenant", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}]
            of_open = [{"AttributeName": "open_of", "KeyType": "HASH"}, keys[1]]
            included = ["kind", "asked_at", "state", "since", "heard_at", "worker", "tries", "revision"]
            boto3.client("dynamodb").create_table(
                TableName=table,
                KeySchema=keys,
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"} for name in ("tenant", "id", "open_of")
                ],
                GlobalSecondaryIndexes=[
                    {
                        "IndexName": "open",
                        "KeySchema": of_open,
                        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": included},
                    }
                ],
                BillingMode="PAY_PER_REQUEST",
            )
        boto3.client("s3").create_bucket(Bucket="results")
        yield


@pytest.fixture(params=["memory", "aws"])
def answers(request: pytest.FixtureRequest, aws: None) -> Answers:
    return MemoryAnswers() if request.param == "memory" else DynamoDbAnswers(boto3.client("dynamodb"), "answers")


@pytest.fixture(params=["memory", "aws"])
def reports(request: pytest.FixtureRequest, aws: None) -> Reports:
    return MemoryReports() if request.param == "memory" else DynamoDbReports(boto3.client("dynamodb"), "reports")


@pytest.fixture(params=["memory", "aws"])
def results(request: pytest.FixtureRequest, aws: None) -> Results:
    return MemoryResults() if request.param == "memory" else S3Results(boto3.client("s3"), "results")


def test_an_answer_is_given_back_as_it_was_kept(answers: Answers) -> None:
    assert answers.get("acme", "a1") is None
    answers.add(ANSWER)
    assert answers.get("acme", "a1") == ANSWER
    assert answers.get("other", "a1") is None
    with pytest.raises(Conflict):
        answers.add(ANSWER)


def test_of_two_who_change_an_answer_at_once_one_wins(answers: Answers) -> None:
    answers.add(ANSWER)
    one, other = taken(ANSWER, "one", NOW), taken(ANSWER, "other", NOW)
    assert one is not None
    assert other is not None
    answers.replace(one)
    with pytest.raises(Conflict):
        answers.replace(other)
    assert answers.get("acme", "a1") == one
    broken = replace(one, problem={"code": "x", "status": 503, "detail": "…"}, revision=one.revision + 1)
    answers.replace(broken)
    assert answers.get("acme", "a1") == broken


def test_what_is_not_over_is_found_without_its_question(answers: Answers) -> None:
    assert answers.unfinished("acme") == []
    for answer_id in ("a1", "a2", "a3", "a4"):
        answers.add(replace(ANSWER, id=answer_id))
    answers.add(replace(ANSWER, tenant="other"))
    working = taken(ANSWER, "one", NOW + 5)
    assert working is not None
    answers.replace(working)
    answers.replace(cancelled(replace(ANSWER, id="a2"), NOW))
    answers.replace(failed(replace(ANSWER, id="a3"), {"code": "x", "status": 503, "detail": "…"}, NOW))
    found = sorted(answers.unfinished("acme"), key=lambda one: one.id)
    assert found == [replace(working, body=""), replace(ANSWER, id="a4", body="")]


def test_what_is_not_there_cannot_be_changed(answers: Answers, reports: Reports) -> None:
    with pytest.raises(Conflict):
        answers.replace(replace(ANSWER, revision=1))
    with pytest.raises(Conflict):
        reports.replace(replace(REPORT, revision=1))


def test_a_saved_question_comes_back_to_the_letter(reports: Reports) -> None:
    reports.add(REPORT)
    found = reports.get("acme", "r1")
    assert found == REPORT
    assert isinstance(found.body["measure"]["percents"][0], float)
    assert reports.get("other", "r1") is None


def test_reports_are_listed_oldest_first_each_workspaces_own(reports: Reports) -> None:
    later = replace(REPORT, id="a0", created_at=NOW + 1)
    for one in (later, REPORT, replace(REPORT, tenant="other")):
        reports.add(one)
    assert reports.of_tenant("acme") == [REPORT, later]
    reports.delete("acme", "r1")
    reports.delete("acme", "r1")
    assert reports.of_tenant("acme") == [later]
    assert reports.of_tenant("other") == [replace(REPORT, tenant="other")]


def test_a_result_is_kept_whole_and_linked(results: Results) -> None:
    assert results.put("answers/acme/a1/result.json", io.BytesIO(b"{}" * 1_000)) == 2_000
    assert results.get("answers/acme/a1/result.json") == b"{}" * 1_000
    link = results.link("answers/acme/a1/result.json", "timeseries.csv", "text/csv; charset=utf-8")
    assert "a1/result.json" in link
    assert "timeseries.csv" in link
    with pytest.raises(NotFound):
        results.get("answers/acme/a2/result.json")


@pytest.mark.parametrize("kind", ["memory", "aws"])
def test_a_job_is_on_its_queue_once_it_is_sent(kind: str, aws: None) -> None:
    client: Any = boto3.client("sqs")
    url = client.create_queue(QueueName="answers")["QueueUrl"]
    jobs: Jobs = MemoryJobs() if kind == "memory" else SqsJobs(client, url)
    jobs.send(job_text(ANSWER))
    if isinstance(jobs, MemoryJobs):
        assert jobs.waiting == [job_text(ANSWER)]
        return
    (message,) = client.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == job_text(ANSWER)
    SqsJobs(client, url).hide(message["ReceiptHandle"], 0)
    assert client.receive_message(QueueUrl=url)["Messages"]
