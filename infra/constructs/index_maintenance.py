"""Retention, merging and closing of past days' indices, once a day."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.access import Access
from infra.constructs.python_function import Home, PythonFunction
from infra.constructs.schedules import invoke_daily


class IndexMaintenance(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        home: Home,
        access: Access,
        search_endpoint: str,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        retention = home.config.retention
        self.function = PythonFunction(
            self,
            "Maintain",
            home=home,
            entry="maintain_indices.handler",
            description="Daily: deletes indices past their retention, merges and closes finished days",
            environment={
                "SEARCH_ENDPOINT": search_endpoint,
                "EVENT_RETENTION_DAYS": str(retention.events),
                "REJECTED_RETENTION_DAYS": str(retention.rejected),
                "CONVERSION_RETENTION_DAYS": str(retention.conversions),
            },
            memory_mb=256,
            timeout=Duration.minutes(15),
            role=access.roles["maintain_indices"],
            dead_letters=dead_letters,
        )
        invoke_daily(
            self,
            "Daily",
            utc_hour=home.config.schedules.maintain_at_utc_hour,
            function=self.function,
            dead_letters=dead_letters,
        )
