"""Which leads share a key, or are alike within a block: links between them, and what guards stopped."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.keys import key_columns
from touchline.domain.leads.near import near_links

# `left` < `right`. Of leads with one key: the one with the lowest id and every other.
LINKS: Final = pl.Schema({"left": pl.Int64, "right": pl.Int64, "rule": pl.UInt8, "key": pl.UInt128})
# Keys that too many leads share: how many, and the lowest id among them.
GENERIC: Final = pl.Schema({"rule": pl.UInt8, "key": pl.UInt128, "id": pl.Int64, "leads": pl.UInt32})

MOST_PLACES: Final = 24  # bits: 16 MB, however long the list


@dataclass(frozen=True, slots=True)
class Joined:
    links: pl.DataFrame
    generic: pl.DataFrame


def join_slice(rules: DedupeRules, keys: Sequence[pl.DataFrame]) -> Joined:
    """`keys`: the tables of one slice from all parts, in any order."""
    tables = [table if table["rule"].is_sorted() else table.sort("rule") for table in keys]
    with ThreadPoolExecutor(pl.thread_pool_size()) as workers:
        joined = list(workers.map(partial(_of_rule, rules, tables), range(len(rules.match))))
    return Joined(pl.concat([one.links for one in joined]), pl.concat([one.generic for one in joined]))


def _of_rule(rules: DedupeRules, tables: Sequence[pl.DataFrame], number: int) -> Joined:
    empty, near = pl.DataFrame(schema=key_columns(rules)), rules.match[number].near
    keys = pl.concat([empty, *(_rows_of(table, number) for table in tables)])
    if not near:
        return _equal(keys.select("rule", "key", "id"), rules.guards.key_cap)
    shared, generic = _shared(keys, rules.guards.block_cap)
    links = near_links(shared, near, rules.guards.cluster_cap)
    return Joined(links.select("left", "right", pl.lit(number, pl.UInt8).alias("rule"), "key"), generic)


def _rows_of(table: pl.DataFrame, number: int) -> pl.DataFrame:
    """Those of a rule, not copied. `table`: sorted by rule."""
    first, end = np.searchsorted(table["rule"].to_numpy(), [number, number + 1]).tolist()
    return table[first:end]


def _equal(keys: pl.DataFrame, cap: int) -> Joined:
    shared, generic = _shared(keys, cap)
    links = shared.filter(pl.col("id") != pl.col("lowest"))
    return Joined(links.select(pl.col("lowest").alias("left"), pl.col("id").alias("right"), "rule", "key"), generic)


def _shared(keys: pl.DataFrame, cap: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leads with a key of two leads and more, up to the cap, by key and id, with the `lowest` id; and larger keys."""
    rows = _perhaps_shared(keys).sort("key", "id")
    ids, new = rows["id"].to_numpy(), (rows["key"] != rows["key"].shift()).fill_null(value=True).to_numpy()
    # A lead may be in the list twice: in two files, or with two values while it was being changed.
    distinct = new | (np.diff(ids, prepend=-1) != 0)
    starts = np.flatnonzero(new)
    leads = np.add.reduceat(distinct.astype(np.int64), starts) if len(starts) else starts
    sizes = np.diff(np.append(starts, rows.height))
    lowest = pl.Series("lowest", np.repeat(ids[starts], sizes), dtype=pl.Int64)
    fits = np.repeat((leads >= 2) & (leads <= cap), sizes)
    if not any(name.startswith("near_") for name in keys.columns):
        fits &= distinct
    generic = rows[starts].select("rule", "key", "id", leads=pl.Series(leads, dtype=pl.UInt32))
    return rows.with_columns(lowest).filter(pl.Series(fits)), generic.filter(pl.col("leads") > cap)


def _perhaps_shared(keys: pl.DataFrame) -> pl.DataFrame:
    """Without most of the keys that one lead has alone. A fifth of the time that comparing whole keys takes.

    Where two keys have the same last 32 bits, the last of these mark a place; keys whose place is marked stay.
    """
    low = keys.select(pl.col("key").cast(pl.UInt32, wrap_numerical=True)).to_series().to_numpy()
    ordered = np.sort(low)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    places = 1 << min(max(8 * len(low), 1).bit_length(), MOST_PLACES)
    marked = np.zeros(places, bool)
    marked[twice & np.uint32(places - 1)] = True
    return keys.filter(pl.Series(marked[low & np.uint32(places - 1)]))
