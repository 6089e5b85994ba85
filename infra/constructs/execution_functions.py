"""The functions of an execution: one folder, one role, one environment, one file for each stage."""

from dataclasses import asdict

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.access import Access
from infra.constructs.marketo_secrets import secrets_prefix
from infra.constructs.python_function import Home, PythonFunction
from infra.constructs.tables import Tables

LONGEST = Duration.minutes(15)  # what Lambda offers
SMALL, LARGE = 1_024, 3_008  # MB
# In their order, with what they are for. The large ones hold a whole list, or a slice of a very long one.
STAGES: dict[str, tuple[str, int]] = {
    "reserve": ("Sets today's part of the plan apart from the connection's share", SMALL),
    "export": ("Orders the extract from Marketo", SMALL),
    "poll": ("Waits for the extract", SMALL),
    "download": ("Brings the extract to our own files, cut into parts, and sifts it where it holds everybody", LARGE),
    "work": ("Finds out what is to be changed", LARGE),
    "approve": ("Says whether what was found is written", SMALL),
    "write_back": ("Writes what changed to Marketo", LARGE),
    "verify": ("Reads some of what was written again", SMALL),
    "report": ("Writes the report of changes", LARGE),
}


class ExecutionFunctions:
    def __init__(
        self,
        scope: Construct,
        *,
        home: Home,
        tables: Tables,
        access: Access,
        files: s3.IBucket,
        bus: events.IEventBus,
        events_queue: sqs.IQueue,
    ) -> None:
        self._scope = scope
        self._home = home
        self._role = access.roles["run_service"]
        numbers = asdict(home.config.marketo.executions)
        self._environment = {
            "TENANTS_TABLE": tables.tenants.table_name,
            "CONNECTIONS_TABLE": tables.connections.table_name,
            "EXECUTIONS_TABLE": tables.executions.table_name,
            "EXECUTION_LOGS_TABLE": tables.execution_logs.table_name,
            "MARKETO_QUOTA_TABLE": tables.marketo_quota.table_name,
            "EXECUTION_FILES_BUCKET": files.bucket_name,
            "SECRETS_PREFIX": secrets_prefix(home.config),
            "NOTICES_BUS": bus.event_bus_name,
            "EVENTS_QUEUE_URL": events_queue.queue_url,
            "EVENT_MAX_AGE_DAYS": str(home.config.event_max_age_days),
            **{name.upper(): str(value) for name, value in numbers.items()},
        }
        self.stages = {stage: self._add(stage, *told) for stage, told in STAGES.items()}
        self.item = self._add("work_item", "Works on one part of a list, or on one slice of its keys", LARGE)
        self.close = self._add("close", "Ends an execution and tells others", SMALL)

    @property
    def all(self) -> dict[str, PythonFunction]:
        """By their state's name."""
        return {**self.stages, "work_item": self.item, "close": self.close}

    def _add(self, stage: str, description: str, memory_mb: int) -> PythonFunction:
        return PythonFunction(
            self._scope,
            "".join(word.title() for word in stage.split("_")) + "Step",
            home=self._home,
            entry=f"run_service.{stage}",
            description=description,
            environment=self._environment,
            memory_mb=memory_mb,
            timeout=LONGEST,
            role=self._role,
            talks_to_search=False,
            leads=True,
        )
