"""Of a part of the list only what a decision needs: members of groups, and leads that still bear an old mark."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.groups import MEMBERS, Groups
from touchline.domain.leads.keys import key_fields

# No field of Marketo has a name with this sign, so that columns of groups never meet columns of leads.
OWN: Final = "#"
GROUP, RULE, KEY, OTHER = (f"{OWN}{name}" for name in MEMBERS if name != "id")


class Part(Protocol):
    """Leads that are read twice: first what keys are made of, of all, then all that is known, of some."""

    def columns(self, names: Sequence[str]) -> pl.DataFrame:
        """Text, of all leads, in their order."""

    def locate(self) -> None:
        """What can be done before it is known which records are wanted."""

    def records(self, rows: npt.NDArray[np.int64]) -> pl.DataFrame:
        """All columns of the leads with these numbers, from 0, ascending."""


def read_keyed(rules: DedupeRules, part: Part, more: Sequence[str] = ()) -> pl.DataFrame:
    """Of all leads of a part what `emit_keys` and `bearing_marks` need, and `more` columns."""
    return part.columns(list(dict.fromkeys([*key_fields(rules), *mark_fields(rules), *more])))


def rows_of_groups(rules: DedupeRules, leads: pl.DataFrame, groups: Groups, slices: int = 1) -> list[pl.DataFrame]:
    """One table for each slice: the leads' columns, and those of `MEMBERS` behind a #, empty for leads in no group.

    A group's members are in the same slice, whatever part they come from.
    """
    numbered = leads.with_columns(pl.col("id").cast(pl.Int64))
    grouped = groups.members.rename({name: f"{OWN}{name}" for name in MEMBERS if name != "id"})
    found, places = _places(numbered["id"], grouped)
    # Half the time of a join, whose every column is looked up.
    rows = numbered.filter(pl.Series(found)).hstack(grouped.drop("id")[places[found]])
    marked = [pl.col(name).is_not_null() for name in mark_fields(rules)]
    if marked:
        old = numbered.filter(pl.any_horizontal(marked) & ~pl.Series(found))
        rows = pl.concat([rows, old], how="diagonal")
    if slices == 1:
        return [rows]
    sliced = rows.with_columns(pl.coalesce(GROUP, "id").mod(slices).alias(OWN))
    by_slice = sliced.partition_by(OWN, as_dict=True, include_key=False)
    return [by_slice.get((n,), rows.clear()) for n in range(slices)]


def read_rows_of_groups(
    rules: DedupeRules, part: Part, bearing: pl.DataFrame, groups: Groups, slices: int = 1
) -> list[pl.DataFrame]:
    """The same of a part that is not read yet: only leads that a decision needs are read whole. `bearing`: of the
    part, as `bearing_marks` tells it."""
    needed = _places(bearing["id"], groups.members)[0] | bearing["marked"].to_numpy()
    return rows_of_groups(rules, part.records(np.flatnonzero(needed)), groups, slices)


def bearing_marks(rules: DedupeRules, leads: pl.DataFrame) -> pl.DataFrame:
    """Of all leads of a part, in their order: `id`, and `marked`, whether it bears a mark. `leads`: with the columns
    `id` and `mark_fields`."""
    marked = [pl.lit(value=False), *(pl.col(name).is_not_null() for name in mark_fields(rules))]
    return leads.select(pl.col("id").cast(pl.Int64), marked=pl.any_horizontal(marked))


def _places(ids: pl.Series, members: pl.DataFrame) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Of each lead whether it is a member, and which."""
    known, asked = members["id"].to_numpy(), ids.to_numpy()
    places = np.searchsorted(known, asked)
    found = places < len(known)
    found[found] = known[places[found]] == asked[found]
    return found, places


def mark_fields(rules: DedupeRules) -> list[str]:
    """Those that are read; a preview may do without."""
    return [name for name in rules.outcome.marks.names if name in rules.types] if rules.outcome.of == "mark" else []
