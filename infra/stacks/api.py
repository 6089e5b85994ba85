"""The HTTPS API in front of the functions, and the management of keys, rejected events and tenants."""

import aws_cdk as cdk
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.layers import BuildLayer, Layers
from infra.constructs.management import Management
from infra.constructs.public_api import PublicApi
from infra.constructs.python_function import Home
from infra.stacks.ingest import IngestStack
from infra.stacks.marketo import MarketoStack
from infra.stacks.query import QueryStack
from infra.stacks.stage_stack import StageStack
from infra.stacks.storage import StorageStack


class ApiStack(StageStack):
    def __init__(
        self,
        scope: Construct,
        *,
        config: StageConfig,
        storage: StorageStack,
        ingest: IngestStack,
        query: QueryStack,
        marketo: MarketoStack,
        build_layer: BuildLayer,
    ) -> None:
        super().__init__(scope, "api", config=config)
        layers = Layers(self, "Layers", architecture=config.architecture, build=build_layer)
        home = Home(config=config, layers=layers, key=storage.key, network=storage.network)
        self.management = Management(
            self,
            "Management",
            home=home,
            tables=storage.tables,
            access=storage.access,
            archive=storage.archive,
            search_endpoint=storage.search.endpoint,
            events_queue=ingest.ingestion.queue,
            attribution_queue=ingest.attribution.queue,
            backfill_machine=ingest.backfill.workflow.machine,
        )
        self.public = PublicApi(
            self,
            "Public",
            home=home,
            functions={
                "ingest_events": ingest.ingestion.ingest.function,
                "query_api": query.querying.function.function,
                "manage_marketo": marketo.management.api.function,
                "manage_api": self.management.api.function,
            },
        )
        cdk.CfnOutput(self, "HttpApiId", value=self.public.api.api_id)
        cdk.CfnOutput(self, "ApiUrl", value=self.public.api.api_endpoint)
        cdk.CfnOutput(self, "ManageApiFunction", value=self.management.api.function.function_name)
        cdk.CfnOutput(self, "ManageTenantsFunction", value=self.management.tenants.function.function_name)
