"""Functions made by a template: reserved concurrency.

Fault: services/cloudformation/provisioners.py drops ReservedConcurrentExecutions.
AWS: limits the function to it and answers more with 429.
Without it: a function that must run alone (compaction) runs twice at once here and nothing shows what that breaks.
"""

from typing import Any

from ministack.services import lambda_svc

from local.emulator.patches.template_types import after


def _reserve(function: str, properties: dict[str, Any]) -> None:
    reserved = properties.get("ReservedConcurrentExecutions")
    lambda_svc._functions[function]["concurrency"] = None if reserved is None else int(reserved)


def apply() -> None:
    after("AWS::Lambda::Function", _reserve)
