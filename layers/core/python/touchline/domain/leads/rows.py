"""Of a part of the list only what a decision needs: members of groups, and leads that still bear an old mark."""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.extract import read_records
from touchline.domain.leads.groups import MEMBERS, Groups

# No field of Marketo has a name with this sign, so that columns of groups never meet columns of leads.
OWN: Final = "#"
GROUP, RULE, KEY, OTHER = (f"{OWN}{name}" for name in MEMBERS if name != "id")


def rows_of_groups(rules: DedupeRules, leads: pl.DataFrame, groups: Groups, slices: int = 1) -> list[pl.DataFrame]:
    """One table for each slice: the leads' columns, and those of `MEMBERS` behind a #, empty for leads in no group.

    A group's members are in the same slice, whatever part they come from.
    """
    numbered = leads.with_columns(pl.col("id").cast(pl.Int64))
    grouped = groups.members.rename({name: f"{OWN}{name}" for name in MEMBERS if name != "id"})
    members = _joined(numbered, grouped)
    marked = [pl.col(name).is_not_null() for name in mark_fields(rules)]
    rows = members
    if marked:
        old = numbered.filter(pl.any_horizontal(marked)).join(groups.members, on="id", how="anti")
        rows = pl.concat([members, old], how="diagonal")
    if slices == 1:
        return [rows]
    sliced = rows.with_columns(pl.coalesce(GROUP, "id").mod(slices).alias(OWN))
    by_slice = sliced.partition_by(OWN, as_dict=True, include_key=False)
    return [by_slice.get((n,), rows.clear()) for n in range(slices)]


def read_rows_of_groups(
    rules: DedupeRules, part: bytes, bearing: pl.DataFrame, groups: Groups, slices: int = 1
) -> list[pl.DataFrame]:
    """The same of a part as Marketo exports it: only leads that a decision needs are read whole. `bearing`: of the
    part, as `bearing_marks` tells it."""
    needed = _places(bearing["id"], groups.members)[0] | bearing["marked"].to_numpy()
    return rows_of_groups(rules, read_records(part, np.flatnonzero(needed)), groups, slices)


def bearing_marks(rules: DedupeRules, leads: pl.DataFrame) -> pl.DataFrame:
    """Of all leads of a part, in their order: `id`, and `marked`, whether it bears a mark. `leads`: with the columns
    `id` and `mark_fields`."""
    marked = [pl.lit(value=False), *(pl.col(name).is_not_null() for name in mark_fields(rules))]
    return leads.select(pl.col("id").cast(pl.Int64), marked=pl.any_horizontal(marked))


def _joined(leads: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Leads that are members, with what is known of these. Half the time of a join, whose every column is looked up."""
    found, places = _places(leads["id"], members)
    return leads.filter(pl.Series(found)).hstack(members.drop("id")[places[found]])


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
