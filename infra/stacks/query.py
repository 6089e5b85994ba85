"""Answers out."""

import aws_cdk as cdk
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.layers import BuildLayer, Layers
from infra.constructs.python_function import Home
from infra.constructs.querying import Querying
from infra.stacks.ingest import IngestStack
from infra.stacks.stage_stack import StageStack
from infra.stacks.storage import StorageStack


class QueryStack(StageStack):
    def __init__(
        self,
        scope: Construct,
        *,
        config: StageConfig,
        storage: StorageStack,
        ingest: IngestStack,
        build_layer: BuildLayer,
    ) -> None:
        super().__init__(scope, "query", config=config)
        layers = Layers(self, "Layers", architecture=config.architecture, build=build_layer)
        self.querying = Querying(
            self,
            "Querying",
            home=Home(config=config, layers=layers, key=storage.key, network=storage.network),
            tables=storage.tables,
            access=storage.access,
            archive=storage.archive.bucket,
            results=storage.results.bucket,
            search_endpoint=storage.search.endpoint,
            events_queue=ingest.ingestion.queue,
        )
        cdk.CfnOutput(self, "QueryApiFunction", value=self.querying.function.function.function_name)
        cdk.CfnOutput(self, "AnswersQueueUrl", value=self.querying.queue.queue_url)
        cdk.CfnOutput(self, "AnswerWorkerFunction", value=self.querying.worker.function.function_name)
