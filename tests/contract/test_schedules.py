"""Schedules of services in EventBridge Scheduler, as moto has it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from touchline.adapters.schedules import EventBridgeSchedules, ScheduleTarget
from touchline.domain.marketo.services import Schedule
from touchline.errors import InvalidRequest, StoreUnavailable

TARGET = ScheduleTarget(
    "services",
    "arn:aws:lambda:us-east-1:111122223333:function:start",
    "arn:aws:iam::111122223333:role/schedules",
    "arn:aws:sqs:us-east-1:111122223333:dead",
)
NOW = datetime.now(UTC).replace(microsecond=0)
DAILY = Schedule("cron(0 6 * * ? *)", "Europe/Berlin")
HALF_DAILY = Schedule("rate(12 hours)", since=int(NOW.timestamp() * 1_000))


@pytest.fixture
def scheduler() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("scheduler")
        client.create_schedule_group(Name="services")
        yield client


@pytest.fixture
def schedules(scheduler: Any) -> EventBridgeSchedules:
    return EventBridgeSchedules(scheduler, TARGET)


def kept(scheduler: Any) -> list[dict[str, Any]]:
    found = scheduler.list_schedules(GroupName="services")["Schedules"]
    return [scheduler.get_schedule(Name=one["Name"], GroupName="services") for one in found]


def test_a_service_has_one_schedule_that_starts_it(schedules: EventBridgeSchedules, scheduler: Any) -> None:
    schedules.put("acme", "0123456789abcdef", Schedule("rate(1 day)"), enabled=True)
    schedules.put("acme", "0123456789abcdef", DAILY, enabled=True)
    (one,) = kept(scheduler)
    assert (one["ScheduleExpression"], one["ScheduleExpressionTimezone"]) == ("cron(0 6 * * ? *)", "Europe/Berlin")
    assert one["State"] == "ENABLED"
    assert one["Target"]["Arn"] == TARGET.function_arn
    assert json.loads(one["Target"]["Input"]) == {
        "tenant": "acme",
        "service": "0123456789abcdef",
        "scheduled_at": "<aws.scheduler.scheduled-time>",
    }
    assert one["Target"]["DeadLetterConfig"]["Arn"] == TARGET.dead_letters_arn


def test_two_tenants_never_share_a_schedule(schedules: EventBridgeSchedules, scheduler: Any) -> None:
    long = "t" * 63
    for tenant in ("acme", long):
        schedules.put(tenant, "0123456789abcdef", DAILY, enabled=True)
    tenants = {json.loads(one["Target"]["Input"])["tenant"] for one in kept(scheduler)}
    assert tenants == {"acme", long}
    schedules.delete("acme", "0123456789abcdef")
    schedules.delete("acme", "0123456789abcdef")
    assert len(kept(scheduler)) == 1


def test_a_paused_service_has_a_schedule_that_does_nothing(schedules: EventBridgeSchedules, scheduler: Any) -> None:
    schedules.put("acme", "s1", HALF_DAILY, enabled=False)
    (one,) = kept(scheduler)
    assert one["State"] == "DISABLED"
    assert "StartDate" not in one


def test_a_rate_begins_when_we_say_that_it_does(schedules: EventBridgeSchedules, scheduler: Any) -> None:
    schedules.put("acme", "s1", HALF_DAILY, enabled=True)
    (one,) = kept(scheduler)
    start = one["StartDate"]
    start = start if isinstance(start, datetime) else datetime.fromisoformat(str(start))
    assert start == NOW + timedelta(hours=12)


@pytest.mark.parametrize(
    ("schedule", "mode"),
    [(DAILY, "FLEXIBLE"), (HALF_DAILY, "FLEXIBLE"), (Schedule("cron(*/20 * * * ? *)"), "OFF")],
    ids=["daily", "half-daily", "often"],
)
def test_only_what_runs_often_begins_on_the_minute(
    schedules: EventBridgeSchedules, scheduler: Any, schedule: Schedule, mode: str
) -> None:
    schedules.put("acme", "s1", schedule, enabled=True)
    (one,) = kept(scheduler)
    assert one["FlexibleTimeWindow"]["Mode"] == mode


@pytest.mark.parametrize(
    ("code", "ours"),
    [("ValidationException", InvalidRequest), ("ThrottlingException", StoreUnavailable)],
    ids=["refused", "throttled"],
)
def test_what_the_scheduler_says_is_told_in_our_words(
    schedules: EventBridgeSchedules, scheduler: Any, code: str, ours: type[Exception]
) -> None:
    def fail(**_: Any) -> None:
        kind = getattr(scheduler.exceptions, code, ClientError)
        raise kind({"Error": {"Code": code, "Message": "No."}}, "UpdateSchedule")

    scheduler.update_schedule = fail
    with pytest.raises(ours):
        schedules.put("acme", "s1", DAILY, enabled=True)
