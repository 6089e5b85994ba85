"""The tables, each with the keys that docs/architecture.md states."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.acknowledgements import excuse
from infra.config import StageConfig


def text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def number(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.NUMBER)


class Tables(Construct):
    def __init__(self, scope: Construct, id: str, *, config: StageConfig, key: kms.IKey) -> None:
        super().__init__(scope, id)
        self._config = config
        self._key = key
        self.tenants = self._kept("Tenants", text("tenant"))
        self.api_keys = self._kept("ApiKeys", text("key_id"))
        self.api_keys.add_global_secondary_index(
            index_name="by_tenant", partition_key=text("tenant"), sort_key=number("created_at")
        )
        self.identities = self._kept("Identities", text("node"))
        self.identities.add_global_secondary_index(
            index_name="changes",
            partition_key=text("shard"),
            sort_key=number("changed"),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=["parent"],
        )
        self.goals = self._kept("Goals", text("tenant"), text("sk"))
        self.progress = self._kept("Progress", text("pk"), text("sk"))
        self.rate_limits = self._passing("RateLimits", text("window"), expires="expires")
        self.idempotency = self._passing("Idempotency", text("id"), expires="expiration")
        self.answers = self._passing("Answers", text("tenant"), text("id"), expires="expires")
        self.answers.add_global_secondary_index(
            index_name="open",
            partition_key=text("open_of"),
            sort_key=text("id"),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=["kind", "asked_at", "state", "since", "heard_at", "worker", "tries", "revision"],
        )
        self.reports = self._kept("Reports", text("tenant"), text("id"))
        self.connections = self._kept("Connections", text("tenant"), text("sk"))
        self.services = self._kept("Services", text("tenant"), text("sk"))
        self.executions = self._kept("Executions", text("tenant"), text("id"))
        self.executions.add_global_secondary_index(
            index_name="by_service", partition_key=text("service_of"), sort_key=text("id")
        )
        self.execution_logs = self._kept("ExecutionLogs", text("execution"), text("line"))
        self.marketo_quota = self._passing("MarketoQuota", text("connection"), text("sk"), expires="expires")
        self.by_name = {
            "tenants": self.tenants,
            "api_keys": self.api_keys,
            "identities": self.identities,
            "goals": self.goals,
            "progress": self.progress,
            "rate_limits": self.rate_limits,
            "idempotency": self.idempotency,
            "answers": self.answers,
            "reports": self.reports,
            "connections": self.connections,
            "services": self.services,
            "executions": self.executions,
            "execution_logs": self.execution_logs,
            "marketo_quota": self.marketo_quota,
        }

    def _kept(self, id: str, partition: dynamodb.Attribute, sort: dynamodb.Attribute | None = None) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            id,
            partition_key=partition,
            sort_key=sort,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self._key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self._config.retain_data,
            removal_policy=RemovalPolicy.RETAIN if self._config.retain_data else RemovalPolicy.DESTROY,
        )

    def _passing(
        self, id: str, partition: dynamodb.Attribute, sort: dynamodb.Attribute | None = None, *, expires: str
    ) -> dynamodb.Table:
        """Items that DynamoDB itself removes once they are of no use."""
        table = dynamodb.Table(
            self,
            id,
            partition_key=partition,
            sort_key=sort,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self._key,
            time_to_live_attribute=expires,
            removal_policy=RemovalPolicy.RETAIN if self._config.retain_data else RemovalPolicy.DESTROY,
        )
        excuse(table, "counters_need_no_backup")
        return table
