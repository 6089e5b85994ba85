"""Writes the description of the whole API from the code: `python -m local.openapi [--check]`."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "functions" / "query_api" / "openapi.json"
MODULES = ("ingest_events.description", "query_api.handler", "manage_api.handler", "manage_marketo.handler")
OPEN = ("/v1/openapi.json",)
UNUSED = frozenset({"HTTPValidationError", "ValidationError", "ResponseValidationError"})
UNSAID = "Successful Response"  # the resolver's own, where a route says nothing of 200
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}}
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, tl_<key id>_<secret>."},
    "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
}


def main() -> None:
    described = text(describe())
    if "--check" not in sys.argv:
        TARGET.write_text(described, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != described:
        sys.exit("functions/query_api/openapi.json is stale: run .venv/bin/python -m local.openapi")


def text(described: dict[str, Any]) -> str:
    return json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def describe() -> dict[str, Any]:
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Touchline",
            "version": "1",
            "description": "Events in, answers out. The workspace comes from the API key alone.",
        },
        "servers": [{"url": ".."}],  # beside v1/openapi.json: the API may have a path before it
        "security": [{name: []} for name in SECURITY],
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": SECURITY},
    }
    for name in MODULES:
        _add(whole, _of_module(name))
    for path in OPEN:
        for operation in whole["paths"][path].values():
            operation["security"] = []
    _add_lines(whole["paths"]["/v1/events"]["post"])
    _add_table(whole["paths"]["/v1/spend/{name}"]["put"])
    return whole


def _add_lines(operation: dict[str, Any]) -> None:
    """A body of lines has no schema: each line is an event, or is answered as a rejected one."""
    lines = {"schema": {"type": "string", "description": "One event a line."}}
    operation["requestBody"]["content"]["application/x-ndjson"] = lines


def _add_table(operation: dict[str, Any]) -> None:
    """A table is read as it came: the resolver knows nothing of it."""
    columns = "date,channel,campaign,amount,currency"
    table = {"schema": {"type": "string", "description": f"With a header, in any order: {columns}."}}
    operation["requestBody"] = {"required": True, "content": {"text/csv": table}}


def _of_module(name: str) -> dict[str, Any]:
    schema = import_module(name).app.get_openapi_schema(title="Touchline", version="1", openapi_version="3.1.0")
    found: dict[str, Any] = json.loads(schema.model_dump_json(by_alias=True, exclude_none=True))
    return found


def _add(whole: dict[str, Any], part: dict[str, Any]) -> None:
    for path, operations in part["paths"].items():
        for operation in operations.values():
            _tidy(operation)
        whole["paths"].setdefault(path, {}).update(operations)
    schemas = whole["components"]["schemas"]
    for name, schema in part.get("components", {}).get("schemas", {}).items():
        if name not in UNUSED and schemas.setdefault(name, schema) != schema:
            raise ValueError(f"Two functions mean different things by the schema {name!r}.")


def _tidy(operation: dict[str, Any]) -> None:
    """The resolver's own answers: faults are told as problems here, and a 200 without a shape is none."""
    responses = operation["responses"]
    if "application/problem+json" not in responses.get("422", {}).get("content", {}):
        responses.pop("422", None)
    if responses.keys() & {"201", "202", "204"} and responses.get("200", {}).get("description") == UNSAID:
        responses.pop("200")
    responses["default"] = {"description": "Any other failure", "content": PROBLEM}


if __name__ == "__main__":
    main()
