"""Dashboard, alarms, and the topic that tells people about them."""

import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.dashboard import RoadDashboard
from infra.constructs.python_function import PythonFunction
from infra.constructs.road_alarms import RoadAlarms
from infra.constructs.watched import Watched
from infra.stacks.api import ApiStack
from infra.stacks.ingest import IngestStack
from infra.stacks.marketo import MarketoStack
from infra.stacks.query import QueryStack
from infra.stacks.stage_stack import StageStack
from infra.stacks.storage import StorageStack


class ObservabilityStack(StageStack):
    def __init__(
        self,
        scope: Construct,
        *,
        config: StageConfig,
        storage: StorageStack,
        ingest: IngestStack,
        query: QueryStack,
        marketo: MarketoStack,
        api: ApiStack,
    ) -> None:
        super().__init__(scope, "observability", config=config)
        topic = sns.Topic(self, "Topic", master_key=storage.key, enforce_ssl=True)
        if config.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(config.alarm_email))
        watched = _watched(storage, ingest, query, marketo, api)
        alarms = RoadAlarms(self, "Alarms", config=config, watched=watched, topic=topic)
        board = RoadDashboard(self, "Signals", watched=watched, alarms=alarms.alarms.all)
        cdk.CfnOutput(self, "DashboardName", value=board.dashboard.dashboard_name)
        cdk.CfnOutput(self, "AlarmTopic", value=topic.topic_arn)


def _watched(
    storage: StorageStack, ingest: IngestStack, query: QueryStack, marketo: MarketoStack, api: ApiStack
) -> Watched:
    functions: dict[str, PythonFunction] = {
        "IngestEvents": ingest.ingestion.ingest,
        "IndexEvents": ingest.ingestion.index,
        "AttributeConversions": ingest.attribution.attribute,
        "PrepareSearch": ingest.preparation.prepare,
        "MaintainIndices": ingest.maintenance.function,
        "PlanCompaction": ingest.compaction.functions[0],
        "CompactDay": ingest.compaction.functions[1],
        "CleanUp": ingest.compaction.functions[2],
        "PlanReplay": ingest.replay.functions[0],
        "ReplayPart": ingest.replay.functions[1],
        "PlanBackfill": ingest.backfill.functions[0],
        "AttributePart": ingest.backfill.functions[1],
        "FinishBackfill": ingest.backfill.functions[2],
        "ReconcileCounts": ingest.reconciliation.function,
        "QueryApi": query.querying.function,
        "AnswerWorker": query.querying.worker,
        **{_alarm_name(state): house for state, house in marketo.execution.functions.all.items()},
        "ManageMarketo": marketo.management.api,
        "StartExecution": marketo.management.start,
        "ManageApi": api.management.api,
        "ManageTenants": api.management.tenants,
    }
    return Watched(
        functions={name: house.function for name, house in functions.items()},
        dead_letters={
            "Events": ingest.ingestion.dead_letters,
            "Attribution": ingest.attribution.dead_letters,
            "Scheduled": ingest.scheduled_dead_letters,
            "Answers": query.querying.dead_letters,
        },
        machines={
            "CompactArchive": ingest.compaction.workflow.machine,
            "ReplayDay": ingest.replay.workflow.machine,
            "BackfillGoal": ingest.backfill.workflow.machine,
            "RunService": marketo.execution.workflow.machine,
        },
        events_queue=ingest.ingestion.queue,
        answers_queue=query.querying.queue,
        attribution_queue=ingest.attribution.queue,
        api=api.public.api,
        search_domain=storage.search.domain.ref,
    )


def _alarm_name(state: str) -> str:
    return "Execution" + "".join(word.title() for word in state.split("_"))
