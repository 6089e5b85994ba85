"""Index templates, roles and role mappings, put in place before anything is written."""

import aws_cdk as cdk
from aws_cdk import Duration
from constructs import Construct

from infra.assets import FUNCTIONS, LAYERS, sources_hash
from infra.constructs.access import Access
from infra.constructs.python_function import Home, PythonFunction

WRITERS = ("index_events", "replay_day", "compact_archive")
READERS = ("query_api", "reconcile_counts", "manage_api")
ATTRIBUTORS = ("attribute_conversions", "backfill_goal")


class SearchPreparation(Construct):
    """A custom resource without CDK's provider framework: the function itself answers CloudFormation."""

    def __init__(self, scope: Construct, id: str, *, home: Home, access: Access, search_endpoint: str) -> None:
        super().__init__(scope, id)
        search = home.config.search
        environment = {
            "SEARCH_ENDPOINT": search_endpoint,
            "SEARCH_SHARDS": str(search.shards),
            "SEARCH_REPLICAS": str(search.replicas),
            "QUERY_ROLE_ARNS": _arns(access, READERS),
            "WRITE_ROLE_ARNS": _arns(access, WRITERS),
            "MANAGE_ROLE_ARNS": _arns(access, ("manage_api",)),
            "MAINTAIN_ROLE_ARNS": _arns(access, ("maintain_indices",)),
            "ATTRIBUTE_ROLE_ARNS": _arns(access, ATTRIBUTORS),
        }
        self.prepare = PythonFunction(
            self,
            "Prepare",
            home=home,
            entry="prepare_search.handler",
            description="On deployment: index templates, roles and role mappings of the search domain",
            environment=environment,
            memory_mb=256,
            timeout=Duration.minutes(5),
            role=access.roles["prepare_search"],
        )
        self.done = cdk.CustomResource(
            self,
            "Done",
            service_token=self.prepare.function.function_arn,
            resource_type="Custom::PreparedSearch",
            service_timeout=Duration.minutes(15),
            # CloudFormation runs it again when one of these changes.
            properties={"Sources": _sources(), **environment},
        )
        self.done.node.add_dependency(self.prepare)


def _arns(access: Access, capabilities: tuple[str, ...]) -> str:
    return ",".join(access.roles[capability].role_arn for capability in capabilities)


def _sources() -> str:
    core = LAYERS / "core" / "python" / "touchline"
    return sources_hash(FUNCTIONS / "prepare_search", core / "adapters" / "opensearch")
