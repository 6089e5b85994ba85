"""Connections, services and executions over the API, and the schedules that start executions."""

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.acknowledgements import excuse_wildcards
from infra.constructs.access import Access
from infra.constructs.marketo_secrets import allow_secrets, secrets_prefix
from infra.constructs.python_function import Home, PythonFunction
from infra.constructs.tables import Tables


class MarketoManagement(Construct):
    """Each service that runs by itself has a schedule of its own in one group; all start the same function."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        home: Home,
        tables: Tables,
        access: Access,
        files: s3.IBucket,
        machine: sfn.IStateMachine,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        self.group = scheduler.CfnScheduleGroup(self, "Schedules")
        kept = {
            "CONNECTIONS_TABLE": tables.connections.table_name,
            "SERVICES_TABLE": tables.services.table_name,
            "EXECUTIONS_TABLE": tables.executions.table_name,
            "EXECUTION_LOGS_TABLE": tables.execution_logs.table_name,
            "EXECUTION_MACHINE_ARN": machine.state_machine_arn,
        }
        self.start = PythonFunction(
            self,
            "Start",
            home=home,
            entry="start_execution.handler",
            description="Invoked by a service's schedule: starts an execution of it",
            environment=kept,
            memory_mb=256,
            timeout=Duration.seconds(30),
            role=access.roles["start_execution"],
            talks_to_search=False,
        )
        self.scheduler_role = iam.Role(
            self,
            "SchedulerRole",
            description="Touchline: schedules of Marketo services",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
            ),
        )
        self.start.function.grant_invoke(self.scheduler_role)
        excuse_wildcards(self.scheduler_role, "a_versioned_function", [f"{self.start.function.function_arn}:*"])
        dead_letters.grant(self.scheduler_role, "sqs:SendMessage")
        self.api = PythonFunction(
            self,
            "Api",
            home=home,
            entry="manage_marketo.handler",
            description="What operators set up: connections to Marketo, services on lists, and their executions",
            environment={
                **kept,
                "TENANTS_TABLE": tables.tenants.table_name,
                "API_KEYS_TABLE": tables.api_keys.table_name,
                "MARKETO_QUOTA_TABLE": tables.marketo_quota.table_name,
                "IDEMPOTENCY_TABLE": tables.idempotency.table_name,
                "CLIENT_SECRETS_PREFIX": secrets_prefix(home.config),
                "CLIENT_SECRETS_KEY": home.key.key_arn,
                "EXECUTION_FILES_BUCKET": files.bucket_name,
                "SCHEDULE_GROUP": self.group.ref,
                "SCHEDULE_ROLE_ARN": self.scheduler_role.role_arn,
                "SCHEDULE_DEAD_LETTERS_ARN": dead_letters.queue_arn,
                "START_FUNCTION_ARN": self.start.function.function_arn,
                "LEAST_MINUTES_BETWEEN_RUNS": str(home.config.marketo.least_minutes_between_runs),
                "MARKETO_ENDPOINTS": ",".join(home.config.marketo.endpoints),
            },
            memory_mb=1024,  # one table of changes, where a lead is explained
            leads=True,
            timeout=Duration.seconds(29),  # API Gateway gives up after 30
            role=access.roles["manage_marketo"],
            talks_to_search=False,
            reserved=home.config.throughput.manage_reserved,
        )
        for function in (self.api, self.start):
            machine.grant_start_execution(function.role)
        allow_secrets(self.api, home.config, "CreateSecret", "PutSecretValue", "GetSecretValue", "DeleteSecret")
        self._allow_schedules()

    def _allow_schedules(self) -> None:
        schedules = Stack.of(self).format_arn(
            service="scheduler",
            resource="schedule",
            resource_name=f"{self.group.ref}/*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        calls = ["scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule"]
        role = self.api.role
        role.add_to_principal_policy(iam.PolicyStatement(actions=calls, resources=[schedules]))
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.scheduler_role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
            )
        )
        excuse_wildcards(self.api, "schedules_of_one_group", [schedules])
