"""Marketo services: what people set up, and the executions that run it."""

import aws_cdk as cdk
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.layers import BuildLayer, Layers
from infra.constructs.marketo_execution import MarketoExecution
from infra.constructs.marketo_management import MarketoManagement
from infra.constructs.python_function import Home
from infra.stacks.ingest import IngestStack
from infra.stacks.stage_stack import StageStack
from infra.stacks.storage import StorageStack


class MarketoStack(StageStack):
    def __init__(
        self,
        scope: Construct,
        *,
        config: StageConfig,
        storage: StorageStack,
        ingest: IngestStack,
        build_layer: BuildLayer,
    ) -> None:
        super().__init__(scope, "marketo", config=config)
        layers = Layers(self, "Layers", architecture=config.architecture, build=build_layer)
        # Marketo is on the public internet, and nothing here talks to the search domain: outside the network.
        home = Home(config=config, layers=layers, key=storage.key)
        self.execution = MarketoExecution(
            self,
            "Execution",
            home=home,
            tables=storage.tables,
            access=storage.access,
            files=storage.execution_files.bucket,
            events_queue=ingest.ingestion.queue,
        )
        self.management = MarketoManagement(
            self,
            "Management",
            home=home,
            tables=storage.tables,
            access=storage.access,
            files=storage.execution_files.bucket,
            machine=self.execution.workflow.machine,
            dead_letters=ingest.scheduled_dead_letters,
        )
        cdk.CfnOutput(self, "RunServiceMachine", value=self.execution.workflow.machine.state_machine_arn)
        cdk.CfnOutput(self, "NoticesBus", value=self.execution.bus.event_bus_name)
        cdk.CfnOutput(self, "ManageMarketoFunction", value=self.management.api.function.function_name)
        cdk.CfnOutput(self, "StartExecutionFunction", value=self.management.start.function.function_name)
        cdk.CfnOutput(self, "ScheduleGroup", value=self.management.group.ref)
