"""What one question sees: the archive at a moment, with people as they are resolved then."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.assembly import Piece, assemble
from touchline.adapters.columns.choosing import Choosing, Mask, both, rows_in
from touchline.adapters.columns.mingling import mingled
from touchline.adapters.columns.numbering import PeopleNumbers
from touchline.adapters.columns.people import Keys, actors_of, positions
from touchline.adapters.columns.ranking import ranked_values
from touchline.adapters.columns.segments import people_of
from touchline.adapters.columns.snapshot import Counting, Snapshot
from touchline.adapters.columns.tables import SomeRows
from touchline.adapters.columns.tallying import tally_tables
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Segment
from touchline.domain.queries.tally import Tallied, Tally, TopValues
from touchline.domain.sequences.rows import WHOLE, EventRows, Extent, Part, RowsQuestion


@dataclass(frozen=True, slots=True)
class Choice:
    """Which events a question is about."""

    span: TimeRange
    filters: tuple[Filter, ...] = ()
    segment: Segment | None = None
    part: Part = WHOLE


@dataclass(frozen=True, slots=True)
class ArchiveView:
    snapshot: Snapshot
    numbers: PeopleNumbers
    pool: Executor

    def rows(self, question: RowsQuestion) -> EventRows:
        choice = Choice(question.span, question.filters, question.segment, question.part)
        pieces = self._chosen(choice, lambda rows, mask: self._piece(rows, mask, question))
        return assemble(pieces, question, mingled(pieces, self.numbers.merges))

    def tally(self, tally: Tally, segment: Segment | None) -> Tallied:
        choice = Choice(TimeRange(tally.edges[0], tally.edges[-1]), tally.filters, segment)
        return tally_tables(self._chosen(choice, _as_they_are), tally, self.numbers, self.pool)

    def top_values(self, choice: Choice, field: Field, top: int) -> TopValues:
        return ranked_values(self._chosen(choice, _as_they_are), field, top)

    def extent(self, span: TimeRange) -> Extent:
        masks = [(table, both(rows_in(table, span), counting)) for table, counting in self._tables(span)]
        events = sum(table.rows if mask is None else int(np.count_nonzero(mask)) for table, mask in masks)
        return Extent(events, len(self.snapshot.days_of(span)), self.snapshot.as_of)

    def version(self, span: TimeRange) -> str:
        return f"{self.numbers.merges.number} {self.snapshot.version(span)}"

    def actors(self, people: Sequence[int]) -> dict[int, list[str]]:
        merges = self.numbers.merges
        found = merges.members_of(people)
        wanted = np.array(sorted({*people} - found.keys()), np.uint64)
        wanted = wanted[~merges.moved(wanted)]
        for tables in self.snapshot.batches_of_tables(self.pool):
            if not len(wanted):
                break
            for table in tables:
                places = positions(table.actor_keys, wanted)
                there = np.flatnonzero(places >= 0).tolist()
                ids = table.actor_ids if there else []
                found |= {int(wanted[at]): [ids[places[at]]] for at in there}
            wanted = np.array([key for key in wanted.tolist() if key not in found], np.uint64)
        return {key: found[key] for key in people if key in found}

    def _tables(self, span: TimeRange) -> list[Counting]:
        return self.snapshot.tables(span, self.pool)

    def _chosen[Made](self, choice: Choice, make: Callable[[SomeRows, Mask | None], Made]) -> list[Made]:
        """What `make` makes of each table's rows, and which of them are chosen (None: all)."""
        people = self._people(choice)

        def of_table(one: Counting) -> Made:
            rows, counting = self._of_people(one, choice.part, people)
            return make(rows, both(both(rows_in(rows, choice.span), counting), Choosing(rows).meeting(choice.filters)))

        return list(self.pool.map(of_table, self._tables(choice.span)))

    def _people(self, choice: Choice) -> Keys | None:
        return None if choice.segment is None else people_of(choice.segment, self._tables, self.numbers.merges)

    def _of_people(self, one: Counting, part: Part, people: Keys | None) -> tuple[SomeRows, Mask | None]:
        """With the rows that count."""
        table, counting = one
        if part == WHOLE and people is None:
            return one
        found = table.of_actors(actors_of(table, self.numbers.merges, part, people))
        return found, None if counting is None else counting[found.chosen]

    def _piece(self, table: SomeRows, mask: Mask | None, question: RowsQuestion) -> Piece:
        marks: NDArray[Any] | None = None
        if question.criteria:
            marks = Choosing(table).marks(question.criteria, mask)
            if question.only_marked:
                mask = marks != 0
        rows: NDArray[np.intp] | slice = slice(None) if mask is None else np.flatnonzero(mask)
        length = len(rows) if isinstance(rows, np.ndarray) else table.rows
        chosen = np.zeros(length, np.uint8) if marks is None else marks[rows]
        return Piece(table, rows, chosen, self.numbers.merges.person_keys(table))


def _as_they_are(rows: SomeRows, mask: Mask | None) -> tuple[SomeRows, Mask | None]:
    return rows, mask
