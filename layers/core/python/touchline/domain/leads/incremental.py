"""What is to be looked at again since a state that an earlier run kept, so that a run decides what a full one would.

A state has the keys of all leads, when each was changed, the members of groups, the groups that were left alone, and
whom something was to be written to. Groups are found anew, from all keys. A group is decided on again where a lead of
it was changed, came, went or was to be written to, or is tied to it in another way than before. Of every other group
the earlier run left nothing to do, and a full run would find nothing either: the same rows give the same decision.
"""

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

import phonenumbers
import polars as pl

from touchline.domain.leads.decisions import Decision
from touchline.domain.leads.dedupe_rules import FULL_EVERY_DAYS, DedupeRules
from touchline.domain.leads.quarantine import quarantined
from touchline.domain.leads.typed_values import instants

# Raised whenever the same leads make other keys, groups or decisions than before.
ENGINE: Final = 1
TIMES: Final = pl.Schema({"id": pl.Int64, "at": pl.Int64})  # `at`: µs since 1970; empty where it cannot be relied on
IDS: Final = pl.Schema({"id": pl.Int64})
OF_GROUPS: Final = ("key_cap", "block_cap", "cluster_cap", "cohesion")  # guards that look at keys, not at leads


@dataclass(frozen=True, slots=True)
class LookedAt:
    """`asked`: who was asked for, whether or not it was still there; `gone`: who of the state is on the list no more.
    Both have `IDS`."""

    asked: pl.DataFrame
    gone: pl.DataFrame

    @property
    def ids(self) -> pl.DataFrame:
        return pl.concat([self.asked, self.gone]).unique()


def fingerprint(rules: DedupeRules, more: Sequence[object] = ()) -> str:
    """What a state was made with: it is of use to the same rules, types of fields and engine only. `more`: such as the
    list. How often a full run is made, and when a person is asked, decide on no lead."""
    same = replace(rules, incremental=True, full_every_days=FULL_EVERY_DAYS, ask_above_share=0.0)
    tools = [ENGINE, phonenumbers.__version__, unicodedata.unidata_version]
    facts = json.dumps([asdict(same), tools, list(more)], sort_keys=True)
    return hashlib.blake2b(facts.encode(), digest_size=16).hexdigest()


def read_times(leads: pl.DataFrame, until: int | None = None) -> pl.DataFrame:
    """Rows of `TIMES`, of `leads` with `id` and the text `updatedAt`. Who was changed at `until` (epoch ms) or later
    may be changed once more within the same second, after being read: that time cannot be relied on."""
    at = instants(leads["updatedAt"]).alias("at")
    table = pl.DataFrame([leads["id"].cast(pl.Int64), at])
    return table if until is None else table.with_columns(at=pl.when(pl.col("at") < until * 1000).then(pl.col("at")))


def each_once(times: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """By id. Who is there twice may have been changed in between."""
    table = pl.concat([pl.DataFrame(schema=TIMES), *times]).sort("id")
    twice = table["id"].is_duplicated()
    if not twice.any():
        return table
    return table.with_columns(at=pl.when(~twice).then(pl.col("at"))).unique("id", maintain_order=True)


def changed_leads(now: pl.DataFrame, kept: pl.DataFrame, opened: pl.DataFrame) -> pl.DataFrame:
    """By id: who came, was changed, or was to be written to. `now`, `kept`: `TIMES`, each lead once."""
    same = now.join(kept, on=["id", "at"], how="semi")
    changed = now.join(same, on="id", how="anti").select("id")
    return pl.concat([changed, opened.join(now, on="id", how="semi")]).unique().sort("id")


def gone_leads(now: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    return kept.join(now, on="id", how="anti").select("id").sort("id")


def keys_now(kept: pl.DataFrame, looked_at: LookedAt, read: pl.DataFrame) -> pl.DataFrame:
    """Of one slice. `kept`: the state's keys; `read`: those of the leads that were read."""
    return pl.concat([kept.join(looked_at.ids, on="id", how="anti"), read])


def affected_leads(before: pl.DataFrame, after: pl.DataFrame, looked_at: LookedAt) -> pl.DataFrame:
    """By id: whose groups are to be decided on again, before and after. `before`, `after`: members of all groups."""
    columns = before.columns
    differ = pl.concat([before.join(after, on=columns, how="anti"), after.join(before, on=columns, how="anti")])
    touched = pl.concat([differ.select("id"), looked_at.ids]).unique()
    both = pl.concat([before, after]).select("id", "group")
    groups = both.join(touched, on="id", how="semi").select("group").unique()
    affected = pl.concat([both.join(groups, on="group", how="semi").select("id"), differ.select("id")])
    return affected.unique().join(looked_at.gone, on="id", how="anti").sort("id")


def times_now(now: pl.DataFrame, kept: pl.DataFrame, looked_at: LookedAt, read: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """`TIMES` of the list. `now`: as it was listed; `read`: of the leads that were read."""
    others = kept.join(now, on="id", how="semi").join(looked_at.ids, on="id", how="anti")
    return each_once([others, *read])


def opened_leads(decision: Decision) -> pl.DataFrame:
    """By id: whom something is to be written to. Whether that comes off is seen when they are read again."""
    ids = [decision.changes["id"], decision.merges["winner"], decision.merges["loser"]]
    return pl.DataFrame({"id": pl.concat(ids)}, schema=IDS).unique().sort("id")


def left_alone(quarantine: pl.DataFrame) -> pl.DataFrame:
    """What was stopped when leads were looked at, of all that was stopped."""
    return quarantine.filter(~pl.col("guard").is_in(OF_GROUPS))


def of_the_whole_list(decision: Decision, members: pl.DataFrame, kept: pl.DataFrame, looked_at: LookedAt) -> Decision:
    """What was decided on anew, with what still holds. `kept`: what the state's run left alone."""
    still = kept.join(looked_at.ids, on="id", how="anti")
    quarantine = quarantined([decision.quarantine, still])
    stopped = left_alone(quarantine).select("group").unique()
    deciding = members.join(stopped, on="group", how="anti")
    groups = deciding["group"].n_unique()
    return replace(decision, quarantine=quarantine, groups=groups, duplicates=deciding.height - groups)
