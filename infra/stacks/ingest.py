"""Events in, and everything that works on index and archive afterwards."""

import aws_cdk as cdk
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.attribution import Attribution
from infra.constructs.backfill import Backfill
from infra.constructs.compaction import Compaction
from infra.constructs.dead_letters import dead_letters
from infra.constructs.index_maintenance import IndexMaintenance
from infra.constructs.ingestion import Ingestion
from infra.constructs.layers import BuildLayer, Layers
from infra.constructs.python_function import Home
from infra.constructs.reconciliation import Reconciliation
from infra.constructs.replay import Replay
from infra.constructs.schedules import excuse_schedules
from infra.constructs.search_preparation import SearchPreparation
from infra.stacks.stage_stack import StageStack
from infra.stacks.storage import StorageStack


class IngestStack(StageStack):
    def __init__(
        self,
        scope: Construct,
        *,
        config: StageConfig,
        storage: StorageStack,
        build_layer: BuildLayer,
    ) -> None:
        super().__init__(scope, "ingest", config=config)
        layers = Layers(self, "Layers", architecture=config.architecture, build=build_layer)
        home = Home(config=config, layers=layers, key=storage.key, network=storage.network)
        endpoint, roles = storage.search.endpoint, storage.access.roles
        tables, archive = storage.tables, storage.archive

        self.preparation = SearchPreparation(
            self, "Preparation", home=home, access=storage.access, search_endpoint=endpoint
        )
        self.attribution = Attribution(
            self, "Attribution", home=home, tables=tables, access=storage.access, search_endpoint=endpoint
        )
        self.ingestion = Ingestion(
            self,
            "Ingestion",
            home=home,
            access=storage.access,
            search_endpoint=endpoint,
            tables=tables,
            archive=archive,
            attribution_queue=self.attribution.queue,
        )
        # No message is taken off a queue before templates and roles are in place.
        self.ingestion.index.function.node.add_dependency(self.preparation.done)
        self.attribution.attribute.function.node.add_dependency(self.preparation.done)

        self.scheduled_dead_letters = dead_letters(self, "ScheduledDeadLetters")
        self.maintenance = IndexMaintenance(
            self,
            "Maintenance",
            home=home,
            access=storage.access,
            search_endpoint=endpoint,
            dead_letters=self.scheduled_dead_letters,
        )
        self.compaction = Compaction(
            self,
            "Compaction",
            home=home,
            role=roles["compact_archive"],
            search_endpoint=endpoint,
            dead_letters=self.scheduled_dead_letters,
            attribution_queue=self.attribution.queue,
            tables=tables,
            archive=archive,
        )
        self.replay = Replay(
            self,
            "Replay",
            home=home,
            archive=archive,
            role=roles["replay_day"],
            search_endpoint=endpoint,
        )
        self.backfill = Backfill(
            self,
            "Backfill",
            home=home,
            tables=tables,
            archive=archive,
            role=roles["backfill_goal"],
            search_endpoint=endpoint,
        )
        self.reconciliation = Reconciliation(
            self,
            "Reconciliation",
            home=home,
            role=roles["reconcile_counts"],
            search_endpoint=endpoint,
            dead_letters=self.scheduled_dead_letters,
            tables=tables,
            archive=archive,
        )
        excuse_schedules(self, [self.maintenance.function, self.reconciliation.function])

        cdk.CfnOutput(self, "EventsQueueUrl", value=self.ingestion.queue.queue_url)
        cdk.CfnOutput(self, "DeadLettersUrl", value=self.ingestion.dead_letters.queue_url)
        cdk.CfnOutput(self, "AttributionQueueUrl", value=self.attribution.queue.queue_url)
        cdk.CfnOutput(self, "AttributionDeadLettersUrl", value=self.attribution.dead_letters.queue_url)
        cdk.CfnOutput(self, "AttributeConversionsFunction", value=self.attribution.attribute.function.function_name)
        cdk.CfnOutput(self, "IngestEventsFunction", value=self.ingestion.ingest.function.function_name)
        cdk.CfnOutput(self, "IndexEventsFunction", value=self.ingestion.index.function.function_name)
        cdk.CfnOutput(self, "MaintainIndicesFunction", value=self.maintenance.function.function.function_name)
        cdk.CfnOutput(self, "ReconcileCountsFunction", value=self.reconciliation.function.function.function_name)
        cdk.CfnOutput(self, "CompactArchiveMachine", value=self.compaction.workflow.machine.state_machine_arn)
        cdk.CfnOutput(self, "BackfillGoalMachine", value=self.backfill.workflow.machine.state_machine_arn)
        cdk.CfnOutput(self, "ReplayDayMachine", value=self.replay.workflow.machine.state_machine_arn)
