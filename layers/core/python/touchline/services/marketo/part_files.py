"""The parts of an extract, by number: CSV, each with the header."""

from collections.abc import Iterable

from touchline.domain.leads.splitting import part_name
from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.execution_json import names_of
from touchline.services.marketo.work import Work


def store_part(work: Work, execution: Execution, number: int, body: bytes) -> None:
    work.files.put(execution.tenant, execution.id, part_name(number), body)


def read_stored(work: Work, execution: Execution, number: int) -> bytes:
    """Raises `NotFound`."""
    return work.files.get(execution.tenant, execution.id, part_name(number))


def delete_parts(work: Work, execution: Execution, numbers: Iterable[int]) -> None:
    for number in numbers:
        work.files.delete(execution.tenant, execution.id, part_name(number))


def part_numbers(work: Work, execution: Execution) -> list[int]:
    """In order."""
    names = names_of(work, execution, "extract/part-")
    return [int(name.removeprefix("extract/part-").removesuffix(".csv")) for name in names]
