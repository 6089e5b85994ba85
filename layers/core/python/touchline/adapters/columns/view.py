"""What one question sees: the archive at a moment, with people as they are resolved then."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.assembly import Piece, assemble
from touchline.adapters.columns.choosing import Choosing, Mask, both, rows_in
from touchline.adapters.columns.mingling import mingled
from touchline.adapters.columns.numbering import PeopleNumbers
from touchline.adapters.columns.people import Keys, in_part, inside, positions
from touchline.adapters.columns.ranking import ranked_values
from touchline.adapters.columns.segments import people_of
from touchline.adapters.columns.snapshot import Counting, Snapshot
from touchline.adapters.columns.tables import EventTable
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
        people = self._people(choice)
        tables = self._tables(choice.span)
        pieces = list(self.pool.map(lambda one: self._piece(one, question, self._mask(one, choice, people)), tables))
        return assemble(pieces, question, mingled(pieces, self.numbers.merges))

    def tally(self, tally: Tally, segment: Segment | None) -> Tallied:
        choice = Choice(TimeRange(tally.edges[0], tally.edges[-1]), tally.filters, segment)
        return tally_tables(self._chosen(choice), tally, self.numbers, self.pool)

    def top_values(self, choice: Choice, field: Field, top: int) -> TopValues:
        return ranked_values(self._chosen(choice), field, top)

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

    def _chosen(self, choice: Choice) -> list[tuple[EventTable, Mask | None]]:
        people = self._people(choice)
        tables = self._tables(choice.span)
        masks = self.pool.map(lambda one: self._mask(one, choice, people), tables)
        return [(table, mask) for (table, _), mask in zip(tables, masks, strict=True)]

    def _people(self, choice: Choice) -> Keys | None:
        return None if choice.segment is None else people_of(choice.segment, self._tables, self.numbers.merges)

    def _mask(self, one: Counting, choice: Choice, people: Keys | None) -> Mask | None:
        table, counting = one
        mask = both(both(rows_in(table, choice.span), counting), Choosing(table).meeting(choice.filters))
        return both(mask, self._of_people(table, choice.part, people))

    def _of_people(self, table: EventTable, part: Part, people: Keys | None) -> Mask | None:
        """By row; None for everybody."""
        if part == WHOLE and people is None:
            return None
        keys = self.numbers.merges.person_keys(table)
        wanted = both(None if part == WHOLE else in_part(keys, part), None if people is None else inside(people, keys))
        return None if wanted is None else np.repeat(wanted, np.diff(table.actor_starts))

    def _piece(self, one: Counting, question: RowsQuestion, mask: Mask | None) -> Piece:
        table = one[0]
        marks: NDArray[Any] | None = None
        if question.criteria:
            marks = Choosing(table).marks(question.criteria, mask)
            if question.only_marked:
                mask = marks != 0
        rows: NDArray[np.intp] | slice = slice(None) if mask is None else np.flatnonzero(mask)
        length = len(rows) if isinstance(rows, np.ndarray) else table.rows
        chosen = np.zeros(length, np.uint8) if marks is None else marks[rows]
        return Piece(table, rows, chosen, self.numbers.merges.person_keys(table))
