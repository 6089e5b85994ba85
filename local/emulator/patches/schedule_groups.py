"""IAM: a schedule is checked by its own group.

Fault: core/iam_actions.py takes every schedule for one of the group `default`.
AWS: asks for schedule/GROUP/NAME; the group is in the body, or among the parameters where there is no body.
Without it: with AUTH=true every schedule of another group is denied, to roles that may change it on AWS.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_actions

_DEFAULT = ":schedule/default/"


def _group(body: bytes, parameters: Mapping[str, Any]) -> str:
    named = parameters.get("groupName") or (json.loads(body).get("GroupName") if body else None)
    return str(named[0] if isinstance(named, list) else named or "default")


def _in_its_group(original: Callable[..., str]) -> Callable[..., str]:
    def extract(
        service: str, method: str, path: str, headers: Any, body: bytes, parameters: Any, *more: Any, **named: Any
    ) -> str:
        arn = original(service, method, path, headers, body, parameters, *more, **named)
        return arn.replace(_DEFAULT, f":schedule/{_group(body, parameters or {})}/") if service == "scheduler" else arn

    return extract


def apply() -> None:
    iam_actions.extract_resource_arn = _in_its_group(iam_actions.extract_resource_arn)
