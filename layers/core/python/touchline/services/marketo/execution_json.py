"""Small files of an execution, as JSON: its journal, its plan, the fields of the instance."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson

from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.work import Work

FIELDS_FILE: Final = "plan/fields.json"


def read_json(work: Work, execution: Execution, name: str) -> Any:
    """Raises `NotFound`."""
    return orjson.loads(work.files.get(execution.tenant, execution.id, name))


def write_json(work: Work, execution: Execution, name: str, facts: Any) -> None:
    work.files.put(execution.tenant, execution.id, name, orjson.dumps(facts))


def names_of(work: Work, execution: Execution, prefix: str) -> list[str]:
    return list(work.files.names(execution.tenant, execution.id, prefix))


def keep_fields(work: Work, execution: Execution, fields: Mapping[str, LeadField]) -> None:
    write_json(work, execution, FIELDS_FILE, [asdict(field) for field in fields.values()])


def kept_fields(work: Work, execution: Execution) -> dict[str, LeadField]:
    """The instance's fields by name, as they were when the extract was ordered."""
    return {field["name"]: LeadField(**field) for field in read_json(work, execution, FIELDS_FILE)}
