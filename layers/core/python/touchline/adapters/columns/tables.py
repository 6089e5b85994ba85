"""One tenant's events of one day, as columns: rows by person's key, time, sequence and id."""

from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.layout import AMOUNT, CURRENCY, column_of, dictionary, property_rows
from touchline.adapters.columns.packing import MadeColumns
from touchline.adapters.columns.ranges import Places, expand
from touchline.domain.properties import Scalar, read_entry
from touchline.domain.queries.fields import Field

ABSENT: tuple[Scalar, ...] = ()


class Columns(Protocol):
    @property
    def facts(self) -> dict[str, Any]: ...

    def names(self) -> list[str]: ...

    def numbers(self, name: str) -> NDArray[Any]: ...

    def listed(self, name: str) -> list[Any]: ...


class HeldColumns:
    """Columns in memory."""

    def __init__(self, made: MadeColumns) -> None:
        self._columns = made.columns
        self.facts: dict[str, Any] = {"rows": made.rows}

    def names(self) -> list[str]:
        return list(self._columns)

    def numbers(self, name: str) -> NDArray[Any]:
        return np.asarray(self._columns[name])

    def listed(self, name: str) -> list[Any]:
        return list(self._columns[name])


# Names of tables that are not a day of the archive begin with this: an id may be in one more than once.
TAIL: Final = "tail-"


class EventTable:
    """`name` says the content: two tables of one name are equal."""

    def __init__(self, name: str, day_start: int, events: Columns, order: Columns, properties: Columns) -> None:
        self.name = name
        self.day_start = day_start  # epoch ms
        self.rows: int = events.facts["rows"]
        self._events = events
        self._order = order
        self._properties = properties
        self._tables: dict[Any, Any] = {}

    @cached_property
    def offsets(self) -> NDArray[np.uint32]:
        """When each event happened, in ms since the day began."""
        return self._events.numbers("at")

    @cached_property
    def actor_keys(self) -> NDArray[np.uint64]:
        """Rising, each once."""
        return self._events.numbers("actor_keys")

    @property
    def actors(self) -> Places:
        """Those with rows, as places among the keys: all of them."""
        return np.arange(len(self.actor_keys))

    @cached_property
    def actor_starts(self) -> NDArray[np.intp]:
        """Where each actor's rows begin; with `rows` at the end."""
        return self._events.numbers("actor_starts").astype(np.intp)

    @cached_property
    def actor_of_row(self) -> NDArray[np.uint32]:
        return np.repeat(np.arange(len(self.actor_keys), dtype=np.uint32), np.diff(self.actor_starts))

    @property
    def actor_ids(self) -> list[str]:
        return self._events.listed("actor_ids")

    @property
    def sequences(self) -> NDArray[np.int64]:
        return self._order.numbers("sequence")

    @property
    def ids(self) -> NDArray[np.bytes_]:
        return self._order.numbers("ids")

    @cached_property
    def amounts(self) -> NDArray[np.int64] | None:
        """Ten-thousandths, 0 without one; None where no event has one."""
        return self._events.numbers(AMOUNT) if AMOUNT in self._names else None

    def has_amount(self) -> NDArray[np.bool_]:
        return self.codes(Field(CURRENCY, "text")) > 0

    def codes(self, field: Field) -> NDArray[Any]:
        """By row: which of `values` the event has."""
        if field.name == "actor.id":
            return self.actor_of_row
        column = column_of(field)
        source, names = self._source(field)
        if column not in names:
            return self._nothing
        rows = property_rows(field.key)
        if field.kind != "property" or rows not in names:
            return source.numbers(column)
        if column not in self._tables:
            codes = np.zeros(self.rows, source.numbers(column).dtype)
            codes[source.numbers(rows)] = source.numbers(column)
            self._tables[column] = codes
        found: NDArray[Any] = self._tables[column]
        return found

    def values(self, field: Field) -> list[tuple[Scalar, ...]]:
        """What the codes stand for."""
        key = "values", field.name
        if key not in self._tables:
            self._tables[key] = self._values(field)
        found: list[tuple[Scalar, ...]] = self._tables[key]
        return found

    def of_actors(self, actors: Places) -> "Stretch":
        """Their rows. `actors`: places among `actor_keys`, rising."""
        starts = self.actor_starts
        if len(actors) and actors[-1] - actors[0] + 1 == len(actors):
            return Stretch(self, actors, slice(starts[actors[0]], starts[actors[-1] + 1]))
        return Stretch(self, actors, expand(actors, starts)[1])

    def remember(self, key: Any, found: Any) -> Any:
        """Keep something that follows from the table alone."""
        self._tables[key] = found
        return found

    def remembered(self, key: Any) -> Any:
        return self._tables.get(key)

    def _values(self, field: Field) -> list[tuple[Scalar, ...]]:
        if field.name == "actor.id":
            return [(actor,) for actor in self.actor_ids]
        column = column_of(field)
        source, names = self._source(field)
        listed = source.listed(dictionary(column)) if column in names else []
        if field.kind != "property":
            return [ABSENT, *((value,) for value in listed)]
        return [ABSENT, *(_read([entry] if isinstance(entry, str) else entry) for entry in listed)]

    def _source(self, field: Field) -> tuple[Columns, frozenset[str]]:
        if field.kind == "property":
            return self._properties, self._property_names
        return self._events, self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self._events.names())

    @cached_property
    def _property_names(self) -> frozenset[str]:
        return frozenset(self._properties.names())

    @cached_property
    def _nothing(self) -> NDArray[np.uint8]:
        return np.zeros(self.rows, np.uint8)


class Stretch:
    """The rows of some of a table's actors, in their order. What goes by actor or by code is the whole table's."""

    def __init__(self, table: EventTable, actors: Places, chosen: slice | Places) -> None:
        self.actors = actors
        self.chosen = chosen  # the rows
        self.name = table.name
        self.day_start = table.day_start
        self.remember, self.remembered = table.remember, table.remembered
        self._table = table

    @cached_property
    def offsets(self) -> NDArray[np.uint32]:
        return self._table.offsets[self.chosen]

    @cached_property
    def actor_of_row(self) -> NDArray[np.uint32]:
        return self._table.actor_of_row[self.chosen]

    @cached_property
    def sequences(self) -> NDArray[np.int64]:
        return self._table.sequences[self.chosen]

    @cached_property
    def ids(self) -> NDArray[np.bytes_]:
        return self._table.ids[self.chosen]

    @cached_property
    def amounts(self) -> NDArray[np.int64] | None:
        amounts = self._table.amounts
        return None if amounts is None else amounts[self.chosen]

    @property
    def rows(self) -> int:
        return len(self.offsets)

    @property
    def actor_keys(self) -> NDArray[np.uint64]:
        return self._table.actor_keys

    def has_amount(self) -> NDArray[np.bool_]:
        return self._table.has_amount()[self.chosen]

    def codes(self, field: Field) -> NDArray[Any]:
        return np.asarray(self._table.codes(field)[self.chosen])

    def values(self, field: Field) -> list[tuple[Scalar, ...]]:
        return self._table.values(field)


type SomeRows = EventTable | Stretch


def _read(entries: list[str]) -> tuple[Scalar, ...]:
    return tuple(read_entry(entry)[1] for entry in entries)
