"""A stack of one stage: it knows its configuration and belongs to that stage's account and region."""

import aws_cdk as cdk
from constructs import Construct

from infra.config import StageConfig


class StageStack(cdk.Stack):
    def __init__(self, scope: Construct, name: str, *, config: StageConfig, protected: bool = False) -> None:
        super().__init__(
            scope,
            f"touchline-{config.stage}-{name}",
            env=cdk.Environment(account=config.account, region=config.region),
            termination_protection=protected,
        )
        self.config = config
