"""Keys and rejected events over the API; tenants by an operator's direct call."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.access import Access
from infra.constructs.archive import Archive
from infra.constructs.python_function import Home, PythonFunction
from infra.constructs.tables import Tables


class Management(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        home: Home,
        tables: Tables,
        access: Access,
        archive: Archive,
        search_endpoint: str,
        events_queue: sqs.IQueue,
        attribution_queue: sqs.IQueue,
        backfill_machine: sfn.IStateMachine,
    ) -> None:
        super().__init__(scope, id)
        identity = {"TENANTS_TABLE": tables.tenants.table_name, "API_KEYS_TABLE": tables.api_keys.table_name}
        self.api = PythonFunction(
            self,
            "Api",
            home=home,
            entry="manage_api.handler",
            description="What administrators manage: keys, rejected events, who is who, goals, spend",
            environment={
                "SEARCH_ENDPOINT": search_endpoint,
                "ARCHIVE_BUCKET": archive.bucket.bucket_name,
                "EVENTS_QUEUE_URL": events_queue.queue_url,
                "IDENTITIES_TABLE": tables.identities.table_name,
                "ATTRIBUTION_QUEUE_URL": attribution_queue.queue_url,
                "GOALS_TABLE": tables.goals.table_name,
                "PROGRESS_TABLE": tables.progress.table_name,
                "BACKFILL_MACHINE_ARN": backfill_machine.state_machine_arn,
                "EVENT_RETENTION_DAYS": str(home.config.retention.events),
                "EVENT_MAX_AGE_DAYS": str(home.config.event_max_age_days),
                **identity,
            },
            memory_mb=512,
            timeout=Duration.seconds(29),  # API Gateway gives up after 30
            role=access.roles["manage_api"],
            reserved=home.config.throughput.manage_reserved,
        )
        events_queue.grant(self.api.role, "sqs:SendMessage", "sqs:GetQueueAttributes")
        attribution_queue.grant(self.api.role, "sqs:SendMessage")
        backfill_machine.grant_start_execution(self.api.role)

        self.tenants = PythonFunction(
            self,
            "Tenants",
            home=home,
            entry="manage_tenants.handler",
            description="Invoked by an operator: creates and lists tenants, makes their first keys",
            environment=identity,
            memory_mb=256,
            timeout=Duration.seconds(30),
            role=access.roles["manage_tenants"],
            talks_to_search=False,
        )
