"""Answers out: a function that can read and nothing else."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.access import Access
from infra.constructs.python_function import Home, PythonFunction
from infra.constructs.tables import Tables


class Querying(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        home: Home,
        tables: Tables,
        access: Access,
        search_endpoint: str,
        events_queue: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        self.function = PythonFunction(
            self,
            "Query",
            home=home,
            entry="query_api.handler",
            description="Time series, events, schema, status, and the API's own description; read-only",
            environment={
                "SEARCH_ENDPOINT": search_endpoint,
                "TENANTS_TABLE": tables.tenants.table_name,
                "API_KEYS_TABLE": tables.api_keys.table_name,
                "PROGRESS_TABLE": tables.progress.table_name,
                "EVENTS_QUEUE_URL": events_queue.queue_url,
            },
            memory_mb=512,
            timeout=Duration.seconds(29),  # API Gateway gives up after 30
            role=access.roles["query_api"],
            reserved=home.config.throughput.query_reserved,
        )
        events_queue.grant(self.function.role, "sqs:GetQueueAttributes")
