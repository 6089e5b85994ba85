"""How long the stages of an execution take, most of it in Marketo's own time: pure arithmetic.

What the stages of the service's latest execution took is believed, and grows with what they have to do; where there is
none, the figures below are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from touchline.domain.marketo.executions import Stage
from touchline.domain.marketo.limits import BATCH, JOBS_RUNNING

ORDER_SECONDS: Final = 5
# Marketo's own time: an export waits and begins within two minutes, then works off its rows.
EXPORT_SECONDS: Final = 120
ROWS_A_SECOND: Final = 1_700
IMPORT_SECONDS: Final = 300  # of ten megabytes
SECONDS_A_CALL: Final = 1  # a merge answers in about that, and is followed by the next
DOWNLOADED_A_SECOND: Final = 8_000_000
WORK_SECONDS: Final = 5
# Measured with all on two cores: a million leads are worked on in some ten seconds, events queued as fast.
WORKED_A_SECOND: Final = 100_000
EVENTS_A_SECOND: Final = 5_000
LAST_SECONDS: Final = 5  # to verify, and to write the report

# What grows with the extract, and with what is written; the other stages take as long as they took.
WITH_THE_EXTRACT: Final[tuple[Stage, ...]] = ("poll", "download", "work")
WITH_THE_CHANGES: Final[tuple[Stage, ...]] = ("write_back",)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What there is to do. `rows` and `bytes` of the extract; `asked`: values that leads outside it are looked for by;
    `updates`: calls that write a batch each, where that takes fewer than imports."""

    rows: int
    bytes: int
    events: bool = False
    asked: int = 0
    imports: int = 0
    updates: int = 0
    merges: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What the stages of an execution took (seconds), and how many times as much there is to do now."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    extract: float = 1.0
    changes: float = 1.0


def stage_seconds(amounts: Amounts, taken: Taken) -> dict[str, int]:
    """By stage, in whole seconds; stages that take none are left out."""
    found = _assumed(amounts)
    for stage, seconds in taken.seconds.items():
        if found.get(stage):
            found[stage] = seconds * grown(stage, taken.extract, taken.changes)
    return {stage: ceil(seconds) for stage, seconds in found.items() if seconds > 0}


def grown(stage: str, extract: float, changes: float) -> float:
    """How many times as long a stage takes with so many times the extract, and the changes."""
    if stage in WITH_THE_EXTRACT:
        return extract
    return changes if stage in WITH_THE_CHANGES else 1.0


def _assumed(amounts: Amounts) -> dict[str, float]:
    worked = amounts.rows / (EVENTS_A_SECOND if amounts.events else WORKED_A_SECOND)
    return {
        "export": ORDER_SECONDS,
        "poll": EXPORT_SECONDS + amounts.rows / ROWS_A_SECOND,
        "download": 1 + amounts.bytes / DOWNLOADED_A_SECOND,
        "work": WORK_SECONDS + worked + ceil(amounts.asked / BATCH) * SECONDS_A_CALL,
        "write_back": ceil(amounts.imports / JOBS_RUNNING) * IMPORT_SECONDS
        + (amounts.updates + amounts.merges) * SECONDS_A_CALL,
        "verify": LAST_SECONDS if amounts.imports or amounts.updates else 0,
        "report": LAST_SECONDS,
    }
