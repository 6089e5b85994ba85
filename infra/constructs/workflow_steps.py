"""The functions of one workflow: one folder, one role, one environment, one file for each step."""

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.python_function import Home, PythonFunction

LONGEST = Duration.minutes(15)  # what Lambda offers
ROOM_FOR_PARQUET = Size.gibibytes(4)


class Steps:
    def __init__(self, home: Home, role: iam.IRole, environment: dict[str, str]) -> None:
        self._home = home
        self._role = role
        self._environment = environment

    def add(self, scope: Construct, id: str, entry: str, description: str, memory_mb: int = 512) -> PythonFunction:
        return PythonFunction(
            scope,
            id,
            home=self._home,
            entry=entry,
            description=description,
            environment=self._environment,
            memory_mb=memory_mb,
            timeout=LONGEST,
            role=self._role,
            analytics=True,
            scratch=ROOM_FOR_PARQUET,
        )
