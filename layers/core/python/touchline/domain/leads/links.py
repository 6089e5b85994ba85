"""Which leads share a key, or are alike within a block: links between them, and what guards stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.keys import key_columns
from touchline.domain.leads.near import near_links

# `left` < `right`. Of leads with one key: the one with the lowest id and every other.
LINKS: Final = pl.Schema({"left": pl.Int64, "right": pl.Int64, "rule": pl.UInt8, "key": pl.UInt128})
# Keys that too many leads share: how many, and the lowest id among them.
GENERIC: Final = pl.Schema({"rule": pl.UInt8, "key": pl.UInt128, "id": pl.Int64, "leads": pl.UInt32})


@dataclass(frozen=True, slots=True)
class Joined:
    links: pl.DataFrame
    generic: pl.DataFrame


def join_slice(rules: DedupeRules, keys: Sequence[pl.DataFrame]) -> Joined:
    """`keys`: the tables of one slice from all parts, in any order."""
    table = pl.concat(keys) if keys else pl.DataFrame(schema=key_columns(rules))
    near = [number for number, rule in enumerate(rules.match) if rule.near]
    exact = table.filter(~pl.col("rule").is_in(near)) if near else table
    parts = [_equal(exact.select("rule", "key", "id"), rules.guards.key_cap)]
    for number in near:
        shared, generic = _shared(table.filter(pl.col("rule") == number), rules.guards.block_cap)
        links = near_links(shared, rules.match[number].near, rules.guards.cluster_cap)
        parts.append(Joined(_links(links, number), generic))
    return Joined(pl.concat([one.links for one in parts]), pl.concat([one.generic for one in parts]))


def _equal(keys: pl.DataFrame, cap: int) -> Joined:
    shared, generic = _shared(keys, cap)
    links = shared.select(left=pl.col("id").min().over("key"), right="id", rule="rule", key="key")
    return Joined(links.filter(pl.col("left") != pl.col("right")), generic)


def _shared(keys: pl.DataFrame, cap: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keys of two leads and more, up to the cap; and those of more."""
    # A lead may be in the list twice: in two files, or with two addresses while it was being changed.
    repeated = keys.filter(pl.col("key").is_duplicated()).unique()
    counted = repeated.with_columns(leads=pl.col("id").n_unique().over("key") if repeated.height else pl.lit(0))
    generic = (
        counted.filter(pl.col("leads") > cap)
        .group_by("rule", "key")
        .agg(pl.col("id").min(), pl.col("leads").first().cast(pl.UInt32))
    )
    shared = counted.filter(pl.col("leads").is_between(2, cap)).drop("leads")
    return shared, generic.select(list(GENERIC))


def _links(links: pl.DataFrame, rule: int) -> pl.DataFrame:
    return links.select("left", "right", pl.lit(rule, pl.UInt8).alias("rule"), "key")
