"""A request's body can be read as JSON text, or is refused: the resolver itself would fail on some and call it ours."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from touchline.errors import Malformed


def check_body(request: Mapping[str, Any]) -> None:
    """`request` as API Gateway hands it over. Plain syntax errors are left to the resolver, which says where they are.

    Raises Malformed for what is not base64, not UTF-8, nested too deeply, or holds an endless number.
    """
    body = request.get("body") or ""
    try:
        json.loads(base64.b64decode(body, validate=True).decode() if request.get("isBase64Encoded") else body)
    except json.JSONDecodeError:
        return
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not JSON that can be read: UTF-8, and nested a few levels deep.") from error


def as_json_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with its body declared as JSON, the only kind there is: curl declares a form unless told."""
    headers = {name.lower(): value for name, value in (request.get("headers") or {}).items()}
    return {**request, "headers": headers | {"content-type": "application/json"}}
