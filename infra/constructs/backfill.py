"""The conversions of a goal's past, computed when the goal is made or changed, or when a person asks for it."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.archive import Archive
from infra.constructs.python_function import Home, PythonFunction
from infra.constructs.tables import Tables
from infra.constructs.workflow import Workflow, or_left_out, over, step
from infra.constructs.workflow_steps import Steps

PARTS_AT_ONCE = 4  # each keeps the search domain as busy as one worker of the attribution queue
MEMORY_MB = 1769  # one processor, and the arrays of one part of all people
SLACK_SECONDS = 3


class Backfill(Construct):
    """wait → plan → attribute_part for each part → finish. A part that fails is left to the next attempt; where another
    step fails, finish says so of the goal's past, which can then be begun anew at once.

    The wait is as long as the index functions may not yet know a new goal: what they index from then on is computed
    as it comes, and what they indexed before is there to be read.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        home: Home,
        tables: Tables,
        archive: Archive,
        role: iam.IRole,
        search_endpoint: str,
    ) -> None:
        super().__init__(scope, id)
        environment = {
            "ARCHIVE_BUCKET": archive.bucket.bucket_name,
            "SEARCH_ENDPOINT": search_endpoint,
            "GOALS_TABLE": tables.goals.table_name,
            "IDENTITIES_TABLE": tables.identities.table_name,
            "PROGRESS_TABLE": tables.progress.table_name,
            "EVENT_RETENTION_DAYS": str(home.config.retention.events),
        }
        steps = Steps(home, role, environment)
        plan = steps.add(self, "PlanStep", "backfill_goal.plan", "Divides all people into parts", MEMORY_MB)
        part = steps.add(
            self,
            "PartStep",
            "backfill_goal.attribute_part",
            "Computes the conversions of a part of all people",
            MEMORY_MB,
        )
        finish = steps.add(self, "FinishStep", "backfill_goal.finish", "Says whether a goal's past is whole")
        self.functions = [plan, part, finish]

        known = home.config.throughput.goals_kept_seconds + SLACK_SECONDS
        wait = sfn.Wait.jsonata(self, "Until all know the goal", time=sfn.WaitTime.duration(Duration.seconds(known)))
        attribute = or_left_out(self, step(self, "Attribute part", part.function), "part")
        parts = over(self, "Parts", "parts", attribute, at_once=PARTS_AT_ONCE, distributed=False)
        planned, finished = step(self, "Plan", plan.function), step(self, "Finish", finish.function)
        broken = self._broken_off(finish)
        for state, told in ((planned, "$states.input"), (parts, "$states.input"), (finished, "$states.input.plan")):
            state.add_catch(broken, errors=["States.ALL"], outputs=_failure(state.id, told))
        self.workflow = Workflow(
            self,
            "BackfillGoal",
            home=home,
            functions=self.functions,
            comment="Computes the conversions of a goal's past; safe to run again at any time.",
            definition=sfn.Chain.start(wait).next(planned).next(parts).next(finished).next(self._end()),
            timeout=Duration.hours(12),
        )

    def _broken_off(self, finish: PythonFunction) -> sfn.IChainable:
        fail = sfn.Fail.jsonata(
            self, "Broken off", error="BrokenOff", cause="The goal's progress says which step failed, and of what."
        )
        return step(self, "Say that it broke off", finish.function).next(fail)

    def _end(self) -> sfn.Choice:
        fail = sfn.Fail.jsonata(
            self,
            "Parts left out",
            error="PartsLeftOut",
            cause="The other parts are computed; the goal's progress says why, and another start takes up the rest.",
        )
        failed = sfn.Condition.jsonata('{% $states.input.state = "failed" %}')
        return sfn.Choice.jsonata(self, "Whole?").when(failed, fail).otherwise(sfn.Succeed.jsonata(self, "Done"))


def _failure(state: str, told: str) -> str:
    return f'{{% {{"plan": {told}, "failed": "{state}: " & $states.errorOutput.Error}} %}}'
