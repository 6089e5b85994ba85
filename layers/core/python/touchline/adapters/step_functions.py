"""A state machine of Step Functions."""

from collections.abc import Mapping
from typing import Any

import orjson

from touchline.adapters.aws_errors import as_our_errors


class StepFunctionsWorkflows:
    def __init__(self, client: Any, machine_arn: str) -> None:
        self._client = client
        self._machine_arn = machine_arn

    def start(self, name: str, facts: Mapping[str, Any]) -> None:
        try:
            with as_our_errors("The state machine"):
                self._client.start_execution(
                    stateMachineArn=self._machine_arn, name=name, input=orjson.dumps(facts).decode()
                )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
