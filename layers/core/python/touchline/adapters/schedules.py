"""EventBridge Scheduler: one schedule for each service, which invokes a function with the service's id."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import orjson

from touchline.adapters.aws_errors import as_our_errors
from touchline.domain.marketo.schedules import is_frequent, starts_at
from touchline.domain.marketo.services import Schedule
from touchline.errors import InvalidRequest

STORE: Final = "The scheduler"
# Services that run at the same hour do not all begin in the same second.
SPREAD_MINUTES: Final = 5
TRIES: Final = 3
GIVE_UP_AFTER_SECONDS: Final = 1_800
# Put in by the scheduler: the same for each try of one time, so that a second try begins nothing again.
SCHEDULED_AT: Final = "<aws.scheduler.scheduled-time>"


@dataclass(frozen=True, slots=True)
class ScheduleTarget:
    group: str
    function_arn: str
    role_arn: str
    dead_letters_arn: str


class EventBridgeSchedules:
    def __init__(self, client: Any, target: ScheduleTarget) -> None:
        self._client = client
        self._target = target

    def put(self, tenant: str, service: str, schedule: Schedule, *, enabled: bool) -> None:
        asked = {
            "Name": _name(tenant, service),
            "GroupName": self._target.group,
            "ScheduleExpression": schedule.expression,
            "ScheduleExpressionTimezone": schedule.time_zone,
            "State": "ENABLED" if enabled else "DISABLED",
            **(_start(schedule) if enabled else {}),
            "FlexibleTimeWindow": _window(schedule),
            "Target": {
                "Arn": self._target.function_arn,
                "RoleArn": self._target.role_arn,
                "Input": orjson.dumps({"tenant": tenant, "service": service, "scheduled_at": SCHEDULED_AT}).decode(),
                "RetryPolicy": {
                    "MaximumRetryAttempts": TRIES,
                    "MaximumEventAgeInSeconds": GIVE_UP_AFTER_SECONDS,
                },
                "DeadLetterConfig": {"Arn": self._target.dead_letters_arn},
            },
        }
        try:
            with as_our_errors(STORE):
                try:
                    self._client.update_schedule(**asked)
                except self._client.exceptions.ResourceNotFoundException:
                    self._client.create_schedule(**asked)
        except self._client.exceptions.ValidationException as error:
            reason = error.response.get("Error", {}).get("Message", "")
            raise InvalidRequest(f"The scheduler refuses this schedule: {reason}", field="schedule") from error

    def delete(self, tenant: str, service: str) -> None:
        try:
            with as_our_errors(STORE):
                self._client.delete_schedule(Name=_name(tenant, service), GroupName=self._target.group)
        except self._client.exceptions.ResourceNotFoundException:
            return


def _start(schedule: Schedule) -> dict[str, Any]:
    """Without it a rate would run at once; with it, it runs when we say that it does. The scheduler takes none that is
    past, so whoever puts a schedule counts from now."""
    start = starts_at(schedule)
    return {} if start is None else {"StartDate": start}


def _window(schedule: Schedule) -> dict[str, Any]:
    if is_frequent(schedule):
        return {"Mode": "OFF"}
    return {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": SPREAD_MINUTES}


def _name(tenant: str, service: str) -> str:
    """Letters and digits, at most 64: other than ids of tenants, which may be as long alone."""
    return f"{service}-{hashlib.blake2b(tenant.encode(), digest_size=8).hexdigest()}"
