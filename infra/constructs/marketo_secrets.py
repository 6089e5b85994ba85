"""Where the client secrets of connections are kept, and who may do what with them."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from infra.acknowledgements import excuse_wildcards
from infra.config import StageConfig
from infra.constructs.python_function import PythonFunction


def secrets_prefix(config: StageConfig) -> str:
    """What the names of this stage's secrets begin with; a tenant and a connection follow."""
    return f"touchline-{config.stage}/marketo"


def allow_secrets(function: PythonFunction, config: StageConfig, *calls: str) -> None:
    """Secrets Manager ends each name with six characters of its own."""
    arn = Stack.of(function).format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{secrets_prefix(config)}/*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    actions = [f"secretsmanager:{call}" for call in calls]
    function.role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[arn]))
    excuse_wildcards(function, "secrets_of_connections", [arn])
