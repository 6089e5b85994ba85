"""Values from before an execution, put back in the fields that nobody changed since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from touchline.domain.leads.changes import CHANGES, changes_of, each_once, ordered
from touchline.domain.leads.quarantine import quarantined
from touchline.domain.leads.typed_values import differ

# What an execution wrote: rows of `CHANGES` that Marketo did not refuse.
WRITTEN: Final = pl.Schema({name: CHANGES[name] for name in ("id", "field", "before", "after")})
RULE: Final = "undo"
CHANGED_SINCE: Final = "changed_since"
GONE: Final = "gone"


@dataclass(frozen=True, slots=True)
class PutBack:
    """`changes`: what would change; `left`: which fields are left alone, as `QUARANTINE`; `found`: `id` of the leads of
    the part that were written to."""

    changes: pl.DataFrame
    left: pl.DataFrame
    found: pl.DataFrame


def put_back(written: Iterable[pl.DataFrame], part: pl.DataFrame, types: Mapping[str, str], *, undone: str) -> PutBack:
    """Where a field still has what was written, what it had before; where it has neither, it is left alone.

    Parameters
    ----------
    written : tables of `WRITTEN`, in any order
        Of the whole execution; one is held at a time, and of it only the leads of the part.
    part : with `id` as integers, and the written fields as text
        Leads as they are now.
    types : data type by field
    undone : the execution's id
    """
    part = each_once(part)
    own = [table.select(list(WRITTEN)).join(part.select("id"), on="id", how="semi") for table in written]
    rows = pl.concat([pl.DataFrame(schema=WRITTEN), *own]).unique(["id", "field"], keep="first", maintain_order=True)
    changes, left = [], []
    for field in sorted(rows["field"].unique()):
        now = part.select("id", now=pl.col(field))
        one = rows.filter(pl.col("field") == field).join(now, on="id", how="inner")
        moved, stands = _compared(one, types.get(field, "string"))
        changes.append(_restored(one.filter(moved & stands), field, undone))
        left.append(_left_alone(one.filter(moved & ~stands), field, undone))
    return PutBack(ordered(changes), quarantined(left), rows.select(pl.col("id").unique().sort()))


def gone(ids: pl.DataFrame) -> pl.DataFrame:
    """`ids`: `id` of leads that were written to and are nowhere."""
    reason = pl.lit("Marketo has no such lead any more")
    return quarantined([ids.select("id", group=pl.lit(None, pl.Int64), guard=pl.lit(GONE), reason=reason)])


def _compared(one: pl.DataFrame, data_type: str) -> tuple[pl.Series, pl.Series]:
    """Whether a value is another than before, and whether it is what was written."""
    return differ(one["now"], one["before"], data_type), ~differ(one["now"], one["after"], data_type)


def _restored(one: pl.DataFrame, field: str, undone: str) -> pl.DataFrame:
    leads = one.select("id", pl.col("now").alias(field))
    reason = f"as it was before execution {undone}"
    return changes_of(leads, field, one["before"], rule=RULE, reason=reason, key=undone)


def _left_alone(one: pl.DataFrame, field: str, undone: str) -> pl.DataFrame:
    reason = f"{field} no longer has what execution {undone} wrote"
    return one.select("id", group=pl.lit(None, pl.Int64), guard=pl.lit(CHANGED_SINCE), reason=pl.lit(reason, pl.String))
