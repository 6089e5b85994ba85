"""A day indexed again from the archive, started by a person."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.archive import Archive
from infra.constructs.python_function import Home
from infra.constructs.workflow import Workflow, over, step
from infra.constructs.workflow_steps import Steps

PARTS_AT_ONCE = 4  # a replay must leave the domain room for today's events


class Replay(Construct):
    """plan → replay_part for each part of the day, started by a person: {"day": "2026-11-21", "tenant"?: …}."""

    def __init__(
        self, scope: Construct, id: str, *, home: Home, archive: Archive, role: iam.IRole, search_endpoint: str
    ) -> None:
        super().__init__(scope, id)
        environment = {"ARCHIVE_BUCKET": archive.bucket.bucket_name, "SEARCH_ENDPOINT": search_endpoint}
        steps = Steps(home, role, environment)
        plan = steps.add(self, "PlanStep", "replay_day.plan", "Lists what the archive holds of a day")
        part = steps.add(self, "PartStep", "replay_day.replay_part", "Indexes one part of a day again", 2048)
        self.functions = [plan, part]

        parts = over(
            self,
            "Parts",
            "parts",
            step(self, "Replay part", part.function),
            at_once=PARTS_AT_ONCE,
            distributed=False,
        )
        self.workflow = Workflow(
            self,
            "ReplayDay",
            home=home,
            functions=self.functions,
            comment="Indexes a day again from the archive; what is already right stays as it is.",
            definition=sfn.Chain.start(step(self, "Plan", plan.function)).next(parts),
            timeout=Duration.hours(12),
        )
