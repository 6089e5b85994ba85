"""Plan → map over what was planned → finish: the shape of our state machines, in JSONata, logged and traced."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.acknowledgements import excuse, excuse_wildcards
from infra.constructs.kept_logs import kept_log_group
from infra.constructs.python_function import Home, PythonFunction

# What a retry heals: our own StoreUnavailable, and Lambda's own troubles.
WORTH_RETRYING = [
    "StoreUnavailable",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
]


def step(scope: Construct, id: str, function: lambda_.IFunction, *, outputs: str | None = None) -> tasks.LambdaInvoke:
    """A state that hands its input to the function and passes on what the function returns."""
    invoke = tasks.LambdaInvoke.jsonata(
        scope,
        id,
        lambda_function=function,
        payload=sfn.TaskInput.from_text("{% $states.input %}"),
        outputs=outputs or "{% $states.result.Payload %}",
        retry_on_service_exceptions=False,  # they are among those below
    )
    invoke.add_retry(
        errors=WORTH_RETRYING,
        interval=Duration.seconds(2),
        backoff_rate=2,
        max_attempts=6,  # two minutes in all
        max_delay=Duration.seconds(60),
        jitter_strategy=sfn.JitterType.FULL,
    )
    return invoke


def over(
    scope: Construct, id: str, planned: str, worker: sfn.IChainable, *, at_once: int, distributed: bool
) -> sfn.Map | sfn.DistributedMap:
    """Run `worker` for each item of the plan's list; what follows gets {"plan": …, "results": […]}."""
    items = sfn.ProvideItems.jsonata(f"{{% $states.input.{planned} %}}")
    outputs = '{% {"plan": $states.input, "results": $states.result} %}'
    if distributed:
        spread = sfn.DistributedMap.jsonata(scope, id, items=items, max_concurrency=at_once, outputs=outputs)
        return spread.item_processor(worker)
    return sfn.Map.jsonata(scope, id, items=items, max_concurrency=at_once, outputs=outputs).item_processor(worker)


def or_left_out(scope: Construct, worker: tasks.LambdaInvoke, item: str) -> sfn.IChainable:
    """An item that fails for good stops no other; its result says by its `item` which it was, and of what."""
    return worker.add_catch(
        sfn.Pass.jsonata(scope, "Left out"),
        errors=["States.ALL"],
        outputs=f'{{% {{"{item}": $states.input.{item}, "failed": $states.errorOutput.Error}} %}}',
    )


class Workflow(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        home: Home,
        functions: Sequence[PythonFunction],
        definition: sfn.IChainable,
        comment: str,
        timeout: Duration,
    ) -> None:
        super().__init__(scope, id)
        logs = kept_log_group(self, "Logs", home.config, home.key)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            comment=comment,
            definition_body=sfn.DefinitionBody.from_chainable(definition),
            query_language=sfn.QueryLanguage.JSONATA,
            timeout=timeout,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=logs, level=sfn.LogLevel.ALL, include_execution_data=False),
            removal_policy=RemovalPolicy.DESTROY,
        )
        excuse(self, "calls_without_resources")
        excuse_wildcards(self, "a_versioned_function", [f"{step.function.function_arn}:*" for step in functions])
        runs = Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=Fn.select(6, Fn.split(":", self.machine.state_machine_arn)),
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        excuse_wildcards(self, "its_own_child_runs", [f"{runs}:*", f"{runs}/*:*"])
