"""Archived batches become Parquet by tenant and day, every hour."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.archive import Archive
from infra.constructs.python_function import Home
from infra.constructs.schedules import start_every
from infra.constructs.tables import Tables
from infra.constructs.workflow import Workflow, or_left_out, over, step
from infra.constructs.workflow_steps import Steps

DAYS_AT_ONCE = 8  # each reads and writes one tenant's day; more would crowd the search domain with deletions


class Compaction(Construct):
    """plan → compact_day for each tenant → clean_up, and again while batches are left, every hour.

    A tenant that fails is left out, and its batches stay. The others are compacted all the same; then the execution
    fails, so that its alarm rings.
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
        dead_letters: sqs.IQueue,
        attribution_queue: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        environment = {
            "ARCHIVE_BUCKET": archive.bucket.bucket_name,
            "SEARCH_ENDPOINT": search_endpoint,
            "PROGRESS_TABLE": tables.progress.table_name,
            "ATTRIBUTION_QUEUE_URL": attribution_queue.queue_url,
        }
        steps = Steps(home, role, environment)
        plan = steps.add(self, "PlanStep", "compact_archive.plan", "Lists the tenants' days that have new batches")
        day = steps.add(self, "DayStep", "compact_archive.compact_day", "One tenant's day into verified Parquet", 2048)
        clean_up = steps.add(self, "CleanUpStep", "compact_archive.clean_up", "Deletes what its successor replaced")
        self.functions = [plan, day, clean_up]
        attribution_queue.grant(day.role, "sqs:SendMessage")

        days = over(
            self,
            "Days",
            "partitions",
            or_left_out(self, step(self, "Compact day", day.function), "tenant"),
            at_once=DAYS_AT_ONCE,
            distributed=home.config.throughput.compaction_map == "distributed",
        )
        first = step(self, "Plan", plan.function)
        hours = home.config.schedules.compact_every_hours
        self.workflow = Workflow(
            self,
            "CompactArchive",
            home=home,
            functions=self.functions,
            comment="Turns archived batches into Parquet by tenant and day; safe to run again at any time.",
            definition=sfn.Chain.start(first)
            .next(days)
            .next(step(self, "Clean up", clean_up.function))
            .next(self._go_on_or_end(first)),
            timeout=Duration.minutes(60 * hours - 5),  # ends before the next begins: two never work on the same day
        )
        start_every(self, "Hourly", hours=hours, machine=self.workflow.machine, dead_letters=dead_letters)

    def _go_on_or_end(self, first: sfn.IChainable) -> sfn.Choice:
        fail = sfn.Fail.jsonata(
            self,
            "Tenants left out",
            error="TenantsLeftOut",
            cause="The other tenants were compacted; the log of clean_up names those that were not, and why.",
        )
        return (
            sfn.Choice.jsonata(self, "More left?")
            .when(sfn.Condition.jsonata("{% $states.input.again %}"), first)
            .when(sfn.Condition.jsonata("{% $states.input.left_out > 0 %}"), fail)
            .otherwise(sfn.Succeed.jsonata(self, "Done"))
        )
