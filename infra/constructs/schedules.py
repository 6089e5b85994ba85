"""EventBridge schedules; what they cannot start ends among the dead letters."""

from collections.abc import Iterable

from aws_cdk import Duration, Stack, TimeZone
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.acknowledgements import excuse_wildcards
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


def excuse_schedules(stack: Stack, functions: Iterable[PythonFunction]) -> None:
    """CDK keeps the roles of schedule targets at the stack, one for each target."""
    arns = [f"{function.function.function_arn}:*" for function in functions]
    for child in stack.node.children:
        if child.node.id.startswith("SchedulerRoleForTarget"):
            excuse_wildcards(child, "a_versioned_function", arns)
