"""Small files of an execution, as JSON: its journal, its plan, the fields of the instance."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final

import orjson

from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.executions import Execution
from touchline.errors import FilesExpired, NotFound
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
    """The instance's fields by name, as they were when the extract was ordered. Raises `FilesExpired`."""
    with told_where_expired():
        return {field["name"]: LeadField(**field) for field in read_json(work, execution, FIELDS_FILE)}


@contextmanager
def told_where_expired() -> Iterator[None]:
    """Around reading a file that was there, and is kept for some days only."""
    try:
        yield
    except NotFound:
        raise FilesExpired(
            "What this execution was working on has expired: it is kept for some days only, because leads change "
            "meanwhile. What was written before stays, and can be undone. Run the service again: it reads the leads "
            "as they are now, and writes what is still missing."
        ) from None
