"""One role per capability, made beside what is kept, so that the search domain's policy can name them."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledgements import excuse, excuse_wildcards
from infra.constructs import rights
from infra.constructs.tables import Tables

# DynamoDB, S3 and SQS use the key on behalf of whoever calls them.
READ_WITH_KEY = ["kms:Decrypt"]
USE_KEY = [*READ_WITH_KEY, "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"]
# A function in a private network makes its interface with its own role; these calls have no resources to name.
INTERFACES = [
    *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
    *("ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
]


class Access(Construct):
    """The steps of one workflow share a role: they work on the same things, one after the other."""

    def __init__(self, scope: Construct, id: str, *, in_vpc: bool, key: kms.IKey) -> None:
        super().__init__(scope, id)
        self.roles = {capability: self._role(capability) for capability in rights.CAPABILITIES}
        for capability, role in self.roles.items():
            if capability in rights.TABLES or capability in rights.ARCHIVE:
                self._state(capability, READ_WITH_KEY if rights.only_reads(capability) else USE_KEY, [key.key_arn])
            if in_vpc and capability in rights.SEARCH:
                self._state(capability, INTERFACES, ["*"])
                excuse(role, "calls_without_resources")

    def searchers(self) -> list[str]:
        """The ARNs of all roles that may speak to the search domain."""
        return [self.roles[capability].role_arn for capability in rights.SEARCH]

    def allow_search(self, domain_arn: str) -> None:
        for capability, several in rights.SEARCH.items():
            for calls in several:
                self._below(capability, calls, domain_arn)
        for capability in rights.READ_ONLY:
            self._below(capability, rights.WRITES, domain_arn, iam.Effect.DENY)

    def allow_archive(self, bucket: s3.IBucket) -> None:
        for capability, calls in rights.ARCHIVE.items():
            self._below(capability, calls, bucket.bucket_arn)

    def allow_results(self, bucket: s3.IBucket) -> None:
        for capability, calls in rights.RESULTS.items():
            self._below(capability, calls, bucket.bucket_arn)

    def allow_execution_files(self, bucket: s3.IBucket) -> None:
        for capability, calls in rights.EXECUTION_FILES.items():
            self._below(capability, calls, bucket.bucket_arn)

    def allow_tables(self, tables: Tables) -> None:
        for capability, named in rights.TABLES.items():
            for name, calls in named.items():
                table, _, index = name.partition("/")
                arn = tables.by_name[table].table_arn
                self._state(capability, [f"dynamodb:{call}" for call in calls], [f"{arn}/{index}" if index else arn])

    def _below(self, capability: str, calls: rights.Calls, arn: str, effect: iam.Effect = iam.Effect.ALLOW) -> None:
        for action, paths in calls.items():
            self._state(capability, [action], [f"{arn}/{path}" if path else arn for path in paths], effect)

    def _state(
        self, capability: str, actions: list[str], resources: list[str], effect: iam.Effect = iam.Effect.ALLOW
    ) -> None:
        role = self.roles[capability]
        role.add_to_policy(iam.PolicyStatement(effect=effect, actions=actions, resources=resources))
        excuse_wildcards(role, "paths_below_one_resource", resources)

    def _role(self, capability: str) -> iam.Role:
        return iam.Role(
            self,
            "".join(word.title() for word in capability.split("_")),
            description=f"Touchline: {capability}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
