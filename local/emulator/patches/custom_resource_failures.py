"""CloudFormation: a custom resource whose function fails, fails.

Fault: services/cloudformation/custom_resource.py waits an hour for an answer that a failed function will never send.
AWS: does the same, after two more attempts.
Without it: a deployment here hangs without a word, because of a typing error in a handler. It ends as on AWS, sooner.
"""

import functools
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource

_ANSWERS_TO = "/_ministack/cfn-response/"


def _telling(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def execute(function: dict[str, Any], event: Any) -> Any:
        result = original(function, event)
        url = event.get("ResponseURL", "") if isinstance(event, dict) else ""
        if result.get("error") and _ANSWERS_TO in url:
            error = result.get("body") or {}
            reason = f"The function failed: {error.get('errorType')}: {error.get('errorMessage')}"
            custom_resource.deliver_response(url.rsplit("/", 1)[-1], {"Status": "FAILED", "Reason": reason})
        return result

    return execute


def apply() -> None:
    lambda_svc._execute_function_with_config_scope = _telling(lambda_svc._execute_function_with_config_scope)
