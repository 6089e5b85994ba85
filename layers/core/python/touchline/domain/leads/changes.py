"""What an execution would change in Marketo: one row for each field of a lead whose value differs."""

from collections.abc import Iterable
from typing import Final

import polars as pl

# `key` is a hash or an id of what led to the change, never an address; `before` is what undoing writes.
CHANGES: Final = pl.Schema(
    {
        "id": pl.Int64,
        "field": pl.String,
        "before": pl.String,
        "after": pl.String,
        "rule": pl.String,
        "key": pl.String,
        "reason": pl.String,
    }
)


def changes_of(
    leads: pl.DataFrame, field: str, after: pl.Series, *, rule: str, reason: str | pl.Series, key: str = ""
) -> pl.DataFrame:
    """Rows of `CHANGES` for the leads in which `field` is not what it ought to be, in their order.

    Parameters
    ----------
    leads : shape (n, …)
        With `id` (64-bit integers) and `field` (text).
    after : shape (n,)
        What the field ought to be; None where it ought to be empty.
    reason : one for all, or shape (n,)
    """
    found = leads.select("id", before=pl.col(field), after=after, reason=pl.lit(reason) if _is_text(reason) else reason)
    return found.filter(pl.col("before").ne_missing(pl.col("after"))).select(
        "id",
        pl.lit(field).alias("field"),
        "before",
        "after",
        pl.lit(rule).alias("rule"),
        pl.lit(key).alias("key"),
        "reason",
    )


def ordered(changes: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """All together by id and field, whatever the order in which they came."""
    return pl.concat([pl.DataFrame(schema=CHANGES), *changes]).sort("id", "field")


def each_once(leads: pl.DataFrame) -> pl.DataFrame:
    """A lead that is there twice, as extracts of adjoining times may have it, counts as it was last."""
    return leads.unique("id", keep="last", maintain_order=True) if leads["id"].is_duplicated().any() else leads


def _is_text(reason: str | pl.Series) -> bool:
    return isinstance(reason, str)
