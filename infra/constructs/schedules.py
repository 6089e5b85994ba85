"""EventBridge schedules; what they cannot start ends among the dead letters."""

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.acknowledgements import excuse
from infra.constructs.python_function import PythonFunction

TRIES = 3
GIVE_UP_AFTER = Duration.minutes(30)


def start_every(scope: Construct, id: str, *, hours: int, machine: sfn.IStateMachine, dead_letters: sqs.IQueue) -> None:
    target = targets.StepFunctionsStartExecution(
        machine, dead_letter_queue=dead_letters, retry_attempts=TRIES, max_event_age=GIVE_UP_AFTER
    )
    schedule = scheduler.ScheduleExpression.rate(Duration.hours(hours))
    scheduler.Schedule(scope, id, schedule=schedule, target=target)


def invoke_daily(
    scope: Construct, id: str, *, utc_hour: int, function: PythonFunction, dead_letters: sqs.IQueue
) -> None:
    target = targets.LambdaInvoke(
        function.function, dead_letter_queue=dead_letters, retry_attempts=TRIES, max_event_age=GIVE_UP_AFTER
    )
    schedule = scheduler.ScheduleExpression.cron(hour=str(utc_hour), minute="0", time_zone=TimeZone.ETC_UTC)
    scheduler.Schedule(scope, id, schedule=schedule, target=target)


def excuse_schedules(scope: Construct) -> None:
    """CDK keeps the roles of schedule targets at the stack, one for each target."""
    for child in scope.node.children:
        if child.node.id.startswith("SchedulerRoleForTarget"):
            excuse(child, "a_versioned_function")
