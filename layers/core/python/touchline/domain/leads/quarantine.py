"""What guards stopped: listed with the reason, and left alone."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from touchline.domain.leads.dedupe_rules import DedupeRules

# `group` is empty where a key was stopped before there was a group; `id` is then the lowest of those that share it.
QUARANTINE: Final = pl.Schema({"id": pl.Int64, "group": pl.Int64, "guard": pl.String, "reason": pl.String})


def quarantined(tables: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """All together, by id, guard and reason."""
    everything = pl.concat([pl.DataFrame(schema=QUARANTINE), *(table.select(list(QUARANTINE)) for table in tables)])
    return everything.unique().sort("id", "guard", "group", "reason")


def of_generic_keys(rules: DedupeRules, generic: pl.DataFrame) -> pl.DataFrame:
    """One row for each key, not for each of its leads: there may be 100,000 of them."""
    guards = rules.guards
    near = [number for number, rule in enumerate(rules.match) if rule.near]
    names = [rule.name for rule in rules.match]
    cap = pl.when(pl.col("rule").is_in(near)).then(guards.block_cap).otherwise(guards.key_cap)
    guard = pl.when(pl.col("rule").is_in(near)).then(pl.lit("block_cap")).otherwise(pl.lit("key_cap"))
    reason = pl.format("{} leads have this key of rule {}, more than {}: it says nothing", "leads", named(names), cap)
    return generic.select("id", group=pl.lit(None, pl.Int64), guard=guard, reason=reason)


def of_large_groups(members: pl.DataFrame, cap: int) -> pl.DataFrame:
    """`members`: `id`, `group`, `leads` (how many the group has)."""
    reason = pl.format("{} leads hang together, more than {}: they are not one person", "leads", pl.lit(cap))
    return members.select("id", "group", guard=pl.lit("cluster_cap"), reason=reason)


def of_loose_members(rules: DedupeRules, members: pl.DataFrame) -> pl.DataFrame:
    """`members`: `id`, `group`, `rule`, `other`."""
    reason = pl.format(
        "rule {} ties it to lead {}, but it shares no key with lead {}, the first of the group, and no second rule "
        "holds it",
        named([rule.name for rule in rules.match]),
        "other",
        "group",
    )
    return members.select("id", "group", guard=pl.lit("cohesion"), reason=reason)


def named(names: list[str]) -> pl.Expr:
    """The names of the rules whose numbers are in the column `rule`."""
    return pl.col("rule").replace_strict(list(range(len(names))), names, return_dtype=pl.String)
