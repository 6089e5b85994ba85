"""What is kept of a tenant from one question to the next."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from touchline.adapters.columns.numbering import PeopleNumbers
from touchline.adapters.columns.snapshot import Listed, Snapshot
from touchline.adapters.columns.tail import TailReader

# The bytes of a row of the tail, some hundred, are the measure of all else.
ROWS_OF_A_TENANT: Final = 1_000  # what the smallest one costs
ROWS_OF_A_DAY: Final = 5
ROWS_OF_A_MERGED_ACTOR: Final = 3


@dataclass(slots=True, eq=False)
class Asked:
    tail: TailReader
    listed: Listed | None = None
    snapshot: Snapshot | None = None
    numbers: PeopleNumbers | None = None
    merged_at: int = 0  # epoch ms
    listing: Lock = field(default_factory=Lock)  # one lists for all who ask at the same time

    def rows(self) -> int:
        """How much memory it takes, in rows of a tail."""
        found = ROWS_OF_A_TENANT + self.tail.rows
        if self.snapshot is not None:
            found += ROWS_OF_A_DAY * len(self.snapshot.days)
        if self.numbers is not None:
            found += len(self.numbers) // 8 + ROWS_OF_A_MERGED_ACTOR * len(self.numbers.merges.people)
        return found
