"""Where answers come from, and how a long one is told to stop."""

from dataclasses import dataclass
from typing import Protocol

from touchline.ports import ConversionReports, EventColumns, EventReports, Goals, SpendSheets
from touchline.services.attributed_head import Backfills
from touchline.services.freshness import Freshness


@dataclass(frozen=True, slots=True)
class Sources:
    reports: EventReports
    freshness: Freshness
    columns: EventColumns
    goals: Goals
    spend: SpendSheets
    conversions: ConversionReports
    backfills: Backfills


class Work(Protocol):
    """One question being answered. Services tell it how far they are, between pieces that take a second or so."""

    def reach(self, done: int, of: int) -> None:
        """Raises Cancelled where the asker has called it off, TakesTooLong where the asker can wait no longer."""


class Unhurried:
    """Nobody cancels and nobody waits."""

    def reach(self, done: int, of: int) -> None: ...
