"""What a run keeps for the next one of its service: keys, times, members of groups. Hashes, ids and times only.

It lies under the service's own name beside its executions' files, and is gone some days after the run that made it, as
an extract is. Which run's state counts says a pointer, written last: a state is whole or is not there.
"""

from dataclasses import asdict, dataclass
from typing import Final

import orjson
import polars as pl

from touchline.domain.marketo.executions import Execution
from touchline.errors import NotFound
from touchline.services.marketo.execution_tables import get_table, put_table
from touchline.services.marketo.work import Work

POINTER: Final = "state/latest.json"
TIMES: Final = "times"
MEMBERS: Final = "members"
STOPPED: Final = "stopped"
OPENED: Final = "opened"


@dataclass(frozen=True, slots=True)
class Kept:
    """A state. `execution` made it, in `slices` of keys; `full_at` (epoch ms): when a run last read the whole list;
    `opened`: to how many leads something was to be written."""

    execution: str
    fingerprint: str
    slices: int
    full_at: int
    opened: int


class StateGone(Exception):
    """It was deleted since it was chosen."""


def owner_of(service_id: str) -> str:
    """No execution has such an id."""
    return f"service-{service_id}"


def keys_of(slice_number: int) -> str:
    return f"keys-{slice_number:05}"


def find_state(work: Work, execution: Execution) -> Kept | None:
    try:
        body = work.files.get(execution.tenant, owner_of(execution.service.id), POINTER)
    except NotFound:
        return None
    return Kept(**orjson.loads(body))


def put_state(work: Work, execution: Execution, name: str, table: pl.DataFrame) -> None:
    """Of this execution's state, which counts once it is pointed to."""
    put_table(work.files, execution.tenant, owner_of(execution.service.id), _name(execution.id, name), table)


def get_state(work: Work, execution: Execution, made_by: str, name: str) -> pl.DataFrame:
    """Raises `StateGone`."""
    try:
        return get_table(work.files, execution.tenant, owner_of(execution.service.id), _name(made_by, name))
    except NotFound as error:
        raise StateGone from error


def point_to(work: Work, execution: Execution, kept: Kept) -> bool:
    """Any number of times. Whether this execution's state counts from now on: not where a later run has deleted it."""
    tenant, owner = execution.tenant, owner_of(execution.service.id)
    tables = [*map(keys_of, range(kept.slices)), TIMES, MEMBERS, STOPPED, OPENED]
    wanted = {_name(kept.execution, name) for name in tables}
    if not wanted <= set(work.files.names(tenant, owner, _name(kept.execution, ""))):
        return False
    work.files.put(tenant, owner, POINTER, orjson.dumps(asdict(kept)))
    for made_by in {name.split("/")[1] for name in work.files.names(tenant, owner, "state/") if name != POINTER}:
        if made_by != kept.execution:
            work.files.delete(tenant, owner, _name(made_by, ""))
    return True


def _name(made_by: str, name: str) -> str:
    return f"state/{made_by}/{name}.parquet" if name else f"state/{made_by}/"
