"""A Lambda function in the house style: own least-privilege role, kept logs, tracing, only its own folder shipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration, IgnoreMode, Size
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledgements import excuse
from infra.assets import FUNCTIONS, function_folder
from infra.config import StageConfig
from infra.constructs.kept_logs import kept_log_group
from infra.constructs.layers import RUNTIME, Layers

METRICS_NAMESPACE = "Touchline"


@dataclass(frozen=True, slots=True)
class Network:
    """Where functions live that talk to a search domain without a public endpoint."""

    vpc: ec2.IVpc
    functions: ec2.ISecurityGroup


@dataclass(frozen=True, slots=True)
class Home:
    """What every function of a stack shares."""

    config: StageConfig
    layers: Layers
    key: kms.IKey
    network: Network | None = None


class PythonFunction(Construct):
    """`entry` names the handler's module (`ingest_events.handler`); its function is always `lambda_handler`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        home: Home,
        entry: str,
        description: str,
        environment: Mapping[str, str],
        memory_mb: int,
        timeout: Duration,
        role: iam.IRole,
        talks_to_search: bool = True,
        analytics: bool = False,
        marketo: bool = False,
        leads: bool = False,  # includes `marketo`
        reserved: int | None = None,
        dead_letters: sqs.IQueue | None = None,  # needed where the function is invoked asynchronously
        scratch: Size | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.capability = entry.split(".")[0]
        self.timeout = timeout
        logs = kept_log_group(self, "Logs", home.config, home.key)
        # Taken up by name, so that what this stack grants stays in this stack: a grant added to the role itself would
        # make the storage stack, where the role was made, depend on this one.
        self.role = iam.Role.from_role_name(self, "Role", role.role_name)
        logs.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=RUNTIME,
            architecture=(
                lambda_.Architecture.ARM_64 if home.config.architecture == "arm64" else lambda_.Architecture.X86_64
            ),
            handler=f"{entry}.lambda_handler",
            code=folder_code(self.capability),
            layers=_layers(home.layers, analytics=analytics, marketo=marketo, leads=leads),
            role=self.role,
            log_group=logs,
            tracing=lambda_.Tracing.ACTIVE,
            memory_size=memory_mb,
            ephemeral_storage_size=scratch,
            timeout=timeout,
            reserved_concurrent_executions=reserved,
            dead_letter_queue=dead_letters,
            environment={
                **environment,
                "POWERTOOLS_SERVICE_NAME": self.capability,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": home.config.log_level,
                # Lambda itself traces each invocation; the SDK for segments inside one is not among the layers.
                "POWERTOOLS_TRACE_DISABLED": "true",
            },
            **_placement(home.network if talks_to_search else None),
        )
        excuse(self, "calls_without_resources", "tested_on_this_python")


def _layers(layers: Layers, *, analytics: bool, marketo: bool, leads: bool) -> list[lambda_.LayerVersion]:
    if analytics and (marketo or leads):
        raise ValueError("The layers for columns and those for Marketo and leads do not fit into one function.")
    if analytics:
        return layers.with_analytics()
    if leads:
        return layers.with_leads()
    return layers.with_marketo() if marketo else layers.standard


def folder_code(capability: str) -> lambda_.Code:
    """Only `functions/<capability>`, with its parent as the root of imports, as everywhere else."""
    function_folder(capability)
    return lambda_.Code.from_asset(
        str(FUNCTIONS), exclude=["/*", f"!/{capability}", "__pycache__"], ignore_mode=IgnoreMode.GIT
    )


def _placement(network: Network | None) -> dict[str, Any]:
    if network is None:
        return {}
    return {
        "vpc": network.vpc,
        "vpc_subnets": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        "security_groups": [network.functions],
    }
