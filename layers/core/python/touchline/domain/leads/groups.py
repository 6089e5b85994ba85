"""Groups of leads that hang together by links, and which of their members the guards keep.

The group is called by its root, the lowest id in it. A member is kept if it shares a key with the root, or if keys of
two rules hold it to members that do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from touchline.domain.leads.components import roots
from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.links import GENERIC, LINKS, Joined
from touchline.domain.leads.quarantine import of_generic_keys, of_large_groups, of_loose_members, quarantined

# `other`: whom the lead shares the key with.
MEMBERS: Final = pl.Schema({"id": pl.Int64, "group": pl.Int64, "rule": pl.UInt8, "key": pl.UInt128, "other": pl.Int64})


@dataclass(frozen=True, slots=True)
class Groups:
    members: pl.DataFrame  # by id
    quarantine: pl.DataFrame


def find_groups(rules: DedupeRules, joined: Sequence[Joined]) -> Groups:
    """`joined`: of all slices, in any order."""
    links = pl.concat([pl.DataFrame(schema=LINKS), *(one.links for one in joined)])
    generic = pl.concat([pl.DataFrame(schema=GENERIC), *(one.generic for one in joined)])
    nodes, links = _grouped(links)
    large = nodes.filter(pl.col("leads") > rules.guards.cluster_cap)
    if large.height:
        links = links.join(large.select("group").unique(), on="group", how="anti")
    kept, loose = _held(rules, links)
    quarantine = [
        of_generic_keys(rules, generic),
        of_large_groups(large, rules.guards.cluster_cap),
        of_loose_members(rules, loose),
    ]
    return Groups(kept.sort("id"), quarantined(quarantine))


def _grouped(links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every lead with its group and how many that has; the links with their group."""
    left, right = links["left"].to_numpy(), links["right"].to_numpy()
    ids, root = roots(left, right)
    group = np.searchsorted(ids, root)
    sizes = np.bincount(group, minlength=len(ids))
    nodes = pl.DataFrame({"id": ids, "group": root, "leads": sizes[group]}, schema_overrides={"leads": pl.Int64})
    return nodes, links.with_columns(group=pl.Series(root[np.searchsorted(ids, left)], dtype=pl.Int64))


def _held(rules: DedupeRules, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Members that are kept, each with the first of the keys that hold it; and those that are not."""
    ends = pl.concat(
        [
            links.select(pl.col("right").alias("id"), "group", "rule", "key", pl.col("left").alias("other")),
            links.select(pl.col("left").alias("id"), "group", "rule", "key", pl.col("right").alias("other")),
        ]
    )
    direct = _first(ends.filter((pl.col("other") == pl.col("group")) | (pl.col("id") == pl.col("group"))))
    rest = ends.join(direct, on="id", how="anti")
    if rest.is_empty() or not rules.guards.cohesion:
        return pl.concat([direct, _first(rest)]), _first(rest).clear()
    held = _held_twice(rules, ends, rest, direct.select("id"))
    loose = _first(rest).join(held, on="id", how="anti")
    return pl.concat([direct, held]), loose


def _held_twice(rules: DedupeRules, ends: pl.DataFrame, rest: pl.DataFrame, safe: pl.DataFrame) -> pl.DataFrame:
    """Those of the rest that keys of two rules hold to safe members. Alike values hold two leads, no third one."""
    near = pl.col("rule").is_in([number for number, rule in enumerate(rules.match) if rule.near])
    alike = rest.filter(near).join(safe, left_on="other", right_on="id", how="semi")
    exact = rest.filter(~near)
    among = ends.join(exact.select("key").unique(), on="key", how="semi").join(safe, on="id", how="semi")
    safest = among.group_by("key").agg(other=pl.col("id").min())
    sharing = exact.drop("other").unique().join(safest, on="key").select(list(MEMBERS))
    holding = pl.concat([alike.select(list(MEMBERS)), sharing])
    return _first(holding.filter(pl.col("rule").n_unique().over("id") >= 2))


def _first(ends: pl.DataFrame) -> pl.DataFrame:
    """Of each lead the end with the first rule, then the lowest key."""
    ordered = ends.select(list(MEMBERS)).sort("id", "rule", "key", "other")
    return ordered.filter(pl.col("id").ne_missing(pl.col("id").shift()))
