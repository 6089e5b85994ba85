"""Who may ask the search domain for what: one role per capability, by method and path."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.acknowledgements import excuse

READ = {
    "es:ESHttpGet": ["*/_search", "*/_count", "*/_field_caps", "*/_mapping", "_cat/indices", "_cat/indices/*"],
    "es:ESHttpPost": ["*/_search", "*/_count", "*/_field_caps"],
}
BULK = {"es:ESHttpPost": ["_bulk", "*/_bulk"]}
REOPEN = {"es:ESHttpPut": ["*/_settings"]}

# The paths of each call are listed, not `/*`: a stolen role can do what its function does and no more.
CALLS: dict[str, list[dict[str, list[str]]]] = {
    "prepare_search": [{"es:ESHttpGet": ["*"], "es:ESHttpPut": ["*"], "es:ESHttpPost": ["*"], "es:ESHttpPatch": ["*"]}],
    "index_events": [BULK, REOPEN],
    "query_api": [READ],
    "manage_api": [READ, BULK, {"es:ESHttpGet": ["rejected-*/_doc/*"], "es:ESHttpPost": ["rejected-*/_update/*"]}],
    "maintain_indices": [
        READ,
        REOPEN,
        {
            "es:ESHttpGet": ["*"],
            "es:ESHttpPost": ["*/_forcemerge", "*/_refresh", "*/_flush"],
            "es:ESHttpPut": ["*/_block/write"],
            "es:ESHttpDelete": ["events-*", "rejected-*"],
        },
    ],
    "compact_archive": [READ, BULK, REOPEN],
    "replay_day": [READ, BULK, REOPEN],
    "reconcile_counts": [READ],
}
# "*/_search" would also match a document whose id is "_search": what writes is denied by name.
WRITES = {
    "es:ESHttpPost": [
        *("*/_doc", "*/_doc/*", "*/_create/*", "*/_update/*", "_bulk", "*/_bulk", "*/_bulk/*"),
        *("*/_delete_by_query", "*/_update_by_query", "_reindex", "_scripts/*"),
    ],
    "es:ESHttpPut": ["*"],
    "es:ESHttpPatch": ["*"],
    "es:ESHttpDelete": ["*"],
}
READ_ONLY = ("query_api", "reconcile_counts")

# A function in a private network makes its interface with its own role; these calls have no resources to name.
INTERFACES = [
    *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
    *("ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
]


class SearchAccess(Construct):
    """The roles exist before domain and functions, because the domain's policy names them."""

    def __init__(self, scope: Construct, id: str, *, in_vpc: bool) -> None:
        super().__init__(scope, id)
        self.roles = {capability: self._role(capability, in_vpc=in_vpc) for capability in CALLS}
        excuse(self, "paths_below_one_resource", "tracing_has_no_resources")

    def allow(self, domain_arn: str) -> None:
        for capability, calls in CALLS.items():
            for call in calls:
                self._state(capability, iam.Effect.ALLOW, call, domain_arn)
        for capability in READ_ONLY:
            self._state(capability, iam.Effect.DENY, WRITES, domain_arn)

    def _state(self, capability: str, effect: iam.Effect, calls: dict[str, list[str]], domain_arn: str) -> None:
        for action, paths in calls.items():
            resources = [f"{domain_arn}/{path}" for path in paths]
            statement = iam.PolicyStatement(effect=effect, actions=[action], resources=resources)
            self.roles[capability].add_to_policy(statement)

    def _role(self, capability: str, *, in_vpc: bool) -> iam.Role:
        role = iam.Role(
            self,
            "".join(word.title() for word in capability.split("_")),
            description=f"Touchline: {capability}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        if in_vpc:
            role.add_to_policy(iam.PolicyStatement(actions=INTERFACES, resources=["*"]))
        return role
