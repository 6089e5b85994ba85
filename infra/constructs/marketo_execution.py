"""The run of a Marketo service: stage after stage, each as often as it takes, and one way to every end."""

from itertools import pairwise

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.access import Access
from infra.constructs.execution_functions import ExecutionFunctions
from infra.constructs.marketo_secrets import allow_secrets
from infra.constructs.python_function import Home
from infra.constructs.stage_loop import StageLoop
from infra.constructs.tables import Tables
from infra.constructs.workflow import Workflow, step

# A backlog of merges takes days, and a used-up quota stands still until the next; no loop makes more than some 2,000
# rounds in this time, of ten of the 25,000 events that a run may have.
LONGEST_RUN = Duration.days(14)


class MarketoExecution(Construct):
    """reserve → export → poll → download → work → approve → write_back → verify → report → close.

    A run that only closes comes beside one that was stopped. A stage that says `failed`, or a function that fails,
    leads to the same close; one that asks a person, or finds its execution in other hands, ends the run alone.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        home: Home,
        tables: Tables,
        access: Access,
        files: s3.IBucket,
        events_queue: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        self.bus = events.EventBus(self, "Notices", description="What executions of Marketo services tell others")
        self.functions = ExecutionFunctions(
            self, home=home, tables=tables, access=access, files=files, bus=self.bus, events_queue=events_queue
        )
        # All stages have one role.
        self.bus.grant_put_events_to(self.functions.close.role)
        events_queue.grant(self.functions.close.role, "sqs:SendMessage")
        allow_secrets(self.functions.close, home.config, "GetSecretValue")
        self.workflow = Workflow(
            self,
            "RunService",
            home=home,
            functions=list(self.functions.all.values()),
            comment="Runs a service on a list of Marketo; safe to start again at any time: it goes on where it was.",
            definition=self._definition(home),
            timeout=LONGEST_RUN,
        )

    def _definition(self, home: Home) -> sfn.IChainable:
        self._ended = sfn.Succeed.jsonata(self, "Nothing more to do")
        close = self._close()
        self._failed = _with(self, "Failed", close, '"close": "failed"')
        loops = {stage: StageLoop(self, _title(stage), function) for stage, function in self.functions.stages.items()}
        self._caught = _with(self, "Function failed", close, '"close": "failed"')
        for loop, following in pairwise([*loops.values(), None]):
            assert loop is not None
            done = _with(self, "Completed", close, '"close": "completed"') if following is None else following.asked
            loop.leads_to("done", done)
        for stage in ("poll", "download", "work"):
            loops[stage].leads_to("back", loops["export"].asked)
        loops["work"].leads_to("spread", self._spread(home).next(loops["work"].asked))
        for loop in loops.values():
            loop.leads_to("failed", self._failed)
            loop.otherwise(self._ended)
            self._catch(loop.asked)
        only_close = sfn.Condition.jsonata("{% $exists($states.input.close) %}")
        return sfn.Choice.jsonata(self, "Only to close?").when(only_close, close).otherwise(loops["reserve"].asked)

    def _close(self) -> sfn.IChainable:
        loop = StageLoop(self, "Close", self.functions.close)
        failed = sfn.Fail.jsonata(
            self,
            "Execution failed",
            error="ExecutionFailed",
            cause="The execution's problems say at which stage and why.",
        )
        loop.leads_to("failed", failed)
        loop.otherwise(self._ended)
        return loop.asked

    def _spread(self, home: Home) -> sfn.Map | sfn.DistributedMap:
        """The items of one phase of work; what they made lies in files."""
        items = sfn.ProvideItems.jsonata("{% $states.input.items %}")
        outputs = '{% $merge([$states.input, {"items": []}]) %}'
        worker = step(self, "Work on an item", self.functions.item.function)
        at_once = home.config.marketo.items_at_once
        spread: sfn.Map | sfn.DistributedMap
        if home.config.marketo.work_map == "distributed":
            spread = sfn.DistributedMap.jsonata(self, "Items", items=items, max_concurrency=at_once, outputs=outputs)
        else:
            spread = sfn.Map.jsonata(self, "Items", items=items, max_concurrency=at_once, outputs=outputs)
        spread.item_processor(worker)
        self._catch(spread)
        return spread

    def _catch(self, state: "sfn.TaskStateBase | sfn.Map | sfn.DistributedMap") -> None:
        outputs = '{% $merge([$states.input, {"cause": $states.errorOutput.Error}]) %}'
        state.add_catch(self._caught, errors=["States.ALL"], outputs=outputs)


def _with(scope: Construct, id: str, following: sfn.IChainable, facts: str) -> sfn.IChainable:
    return sfn.Pass.jsonata(scope, id, outputs=f"{{% $merge([$states.input, {{{facts}}}]) %}}").next(following)


def _title(stage: str) -> str:
    return stage.replace("_", " ").capitalize()
