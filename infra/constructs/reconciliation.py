"""Archive and index hold the same counts, or a report says where they differ."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.archive import Archive
from infra.constructs.python_function import Home, PythonFunction
from infra.constructs.schedules import invoke_daily
from infra.constructs.tables import Tables
from infra.constructs.workflow_steps import LONGEST, ROOM_FOR_PARQUET


class Reconciliation(Construct):
    """Counts by tenant, day and action in archive and index, compared every day."""

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
    ) -> None:
        super().__init__(scope, id)
        self.function = PythonFunction(
            self,
            "Reconcile",
            home=home,
            entry="reconcile_counts.handler",
            description="Daily: compares counts of archive and index, reports every difference",
            environment={
                "ARCHIVE_BUCKET": archive.bucket.bucket_name,
                "SEARCH_ENDPOINT": search_endpoint,
                "PROGRESS_TABLE": tables.progress.table_name,
            },
            memory_mb=2048,
            timeout=LONGEST,
            role=role,
            analytics=True,
            dead_letters=dead_letters,
            scratch=ROOM_FOR_PARQUET,
        )
        invoke_daily(
            self,
            "Daily",
            utc_hour=home.config.schedules.reconcile_at_utc_hour,
            function=self.function,
            dead_letters=dead_letters,
        )
