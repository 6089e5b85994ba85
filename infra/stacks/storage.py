"""What must outlive every deployment: search domain, archive, tables, and the key that encrypts them."""

import aws_cdk as cdk
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.access import Access
from infra.constructs.archive import Archive
from infra.constructs.execution_files import ExecutionFiles
from infra.constructs.key import stage_key
from infra.constructs.network import PrivateNetwork
from infra.constructs.results import Results
from infra.constructs.search_domain import SearchDomain
from infra.constructs.tables import Tables
from infra.stacks.stage_stack import StageStack


class StorageStack(StageStack):
    def __init__(self, scope: Construct, *, config: StageConfig) -> None:
        super().__init__(scope, "storage", config=config, protected=config.retain_data)
        self.key = stage_key(self, "Key", config)
        self.tables = Tables(self, "Tables", config=config, key=self.key)
        self.archive = Archive(self, "Archive", config=config, key=self.key)
        self.results = Results(self, "Results", config=config, key=self.key, access_logs=self.archive.access_logs)
        self.execution_files = ExecutionFiles(
            self, "ExecutionFiles", config=config, key=self.key, access_logs=self.archive.access_logs
        )
        network = PrivateNetwork(self, "Network", config=config, key=self.key) if config.search.in_vpc else None
        self.network = network.network if network else None
        self.access = Access(self, "Access", in_vpc=config.search.in_vpc, key=self.key)
        self.access.allow_archive(self.archive.bucket)
        self.access.allow_results(self.results.bucket)
        self.access.allow_execution_files(self.execution_files.bucket)
        self.access.allow_tables(self.tables)
        self.search = SearchDomain(self, "Search", config=config, key=self.key, access=self.access, network=network)

        cdk.CfnOutput(self, "ArchiveBucket", value=self.archive.bucket.bucket_name)
        cdk.CfnOutput(self, "ResultsBucket", value=self.results.bucket.bucket_name)
        cdk.CfnOutput(self, "AnswersTable", value=self.tables.answers.table_name)
        cdk.CfnOutput(self, "ReportsTable", value=self.tables.reports.table_name)
        cdk.CfnOutput(self, "TenantsTable", value=self.tables.tenants.table_name)
        cdk.CfnOutput(self, "ApiKeysTable", value=self.tables.api_keys.table_name)
        cdk.CfnOutput(self, "RateLimitsTable", value=self.tables.rate_limits.table_name)
        cdk.CfnOutput(self, "IdempotencyTable", value=self.tables.idempotency.table_name)
        cdk.CfnOutput(self, "ProgressTable", value=self.tables.progress.table_name)
        cdk.CfnOutput(self, "ConnectionsTable", value=self.tables.connections.table_name)
        cdk.CfnOutput(self, "ServicesTable", value=self.tables.services.table_name)
        cdk.CfnOutput(self, "ExecutionsTable", value=self.tables.executions.table_name)
        cdk.CfnOutput(self, "ExecutionLogsTable", value=self.tables.execution_logs.table_name)
        cdk.CfnOutput(self, "MarketoQuotaTable", value=self.tables.marketo_quota.table_name)
        cdk.CfnOutput(self, "ExecutionFilesBucket", value=self.execution_files.bucket.bucket_name)
        cdk.CfnOutput(self, "SearchEndpoint", value=self.search.endpoint)
