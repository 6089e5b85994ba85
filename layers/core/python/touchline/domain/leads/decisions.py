"""What becomes of groups: who survives, with what values, what is marked or merged, and what is left alone and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from touchline.domain.leads.changes import CHANGES
from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.exclusions import has_value
from touchline.domain.leads.keys import key_text
from touchline.domain.leads.marks import cleared_marks, mark_changes, reasons, rule_names
from touchline.domain.leads.quarantine import quarantined
from touchline.domain.leads.rows import GROUP, KEY, OWN
from touchline.domain.leads.survivor_values import value_changes
from touchline.domain.leads.survivors import Ordered, order
from touchline.domain.leads.typed_values import instants

type Flags = npt.NDArray[np.bool_]

MERGES: Final = pl.Schema(
    {
        "group": pl.Int64,
        "winner": pl.Int64,
        "loser": pl.Int64,
        "position": pl.Int32,
        "rule": pl.String,
        "key": pl.String,
        "reason": pl.String,
    }
)
UNMERGEABLE: Final = {
    "person_account": "lead {} is a person account, which Marketo does not merge",
    "custom_objects": "lead {} has custom objects, which would be lost",
    "deleted_in_crm": "lead {} is deleted in the CRM",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Tables in a fixed order of rows, whatever the order of what they are made from.

    `changes`: by id and field, of `CHANGES`; `merges`: by group and position, the loser at position 1 fills the
    survivor's blanks first; `quarantine`: what guards stopped. `groups` and `duplicates` (leads that do not survive)
    count what was decided on, changed or not.
    """

    changes: pl.DataFrame
    merges: pl.DataFrame
    quarantine: pl.DataFrame
    groups: int = 0
    duplicates: int = 0


def decide_slice(rules: DedupeRules, rows: Sequence[pl.DataFrame]) -> Decision:
    """`rows`: the tables of one slice from all parts, as `rows_of_groups` makes them, in any order.

    Changes are field by field: `together` brings those of all slices in order.
    """
    leads, unsure = _each_once(pl.concat(rows, how="diagonal", rechunk=True))
    members = leads.filter(pl.col(GROUP).is_not_null())
    placed = order(rules, members)
    stopped, quarantine = _stopped(rules, placed, unsure)
    placed = placed.without(stopped)
    unmarked = leads.join(placed.rows, on="id", how="anti")
    changes = [*_changes(rules, placed), *cleared_marks(rules, unmarked)]
    by_field = sorted((table for table in changes if table.height), key=lambda table: str(table["field"][0]))
    return Decision(
        changes=pl.concat([pl.DataFrame(schema=CHANGES), *by_field]),
        merges=_merges(rules, placed) if rules.outcome.of == "merge" else pl.DataFrame(schema=MERGES),
        quarantine=quarantined([quarantine]),
        groups=len(placed.starts),
        duplicates=placed.rows.height - len(placed.starts),
    )


def together(decisions: Sequence[Decision], quarantine: pl.DataFrame) -> Decision:
    """Of all slices. `quarantine`: what was stopped before there was a decision."""
    return Decision(
        # A lead is in one slice, where its fields are in order.
        changes=pl.concat([pl.DataFrame(schema=CHANGES), *(one.changes for one in decisions)]).sort(
            "id", maintain_order=True
        ),
        merges=pl.concat([pl.DataFrame(schema=MERGES), *(one.merges for one in decisions)]).sort("group", "position"),
        quarantine=quarantined([quarantine, *(one.quarantine for one in decisions)]),
        groups=sum(one.groups for one in decisions),
        duplicates=sum(one.duplicates for one in decisions),
    )


def _each_once(leads: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """A lead that the list has twice, as extracts of two ranges may, as it was last; and ids of those that changed in
    between: some of their keys may be of the past."""
    if not leads["id"].is_duplicated().any():
        return leads, leads["id"].clear()
    own = [name for name in leads.columns if not name.startswith(OWN) and name != "id"]
    different = leads.unique()
    timed = different.with_columns(instants(different["updatedAt"]).alias(f"{OWN}at"))
    latest = timed.sort(["id", f"{OWN}at", *own], descending=[False, True, *(False for _ in own)], nulls_last=True)
    unsure = latest.filter(pl.col("id").is_duplicated())["id"].unique()
    return latest.unique("id", keep="first", maintain_order=True).drop(f"{OWN}at"), unsure


def _changes(rules: DedupeRules, placed: Ordered) -> Iterator[pl.DataFrame]:
    told = _told(placed)
    if rules.outcome.survivor_values:
        yield from value_changes(rules, placed, told)
    if rules.outcome.of == "mark":
        yield from mark_changes(rules, placed, reasons(rules, placed, told))


def _told(placed: Ordered) -> pl.Series:
    """Of each group why its survivor is who it is."""
    why = pl.Series([*placed.tests, "has the lowest id"]).gather(placed.decided)
    survivors = placed.survivor("id")
    return (
        pl.DataFrame({"id": survivors, "why": why})
        .select(pl.format("lead {} survives: it {}", "id", "why"))
        .to_series()
    )


def _merges(rules: DedupeRules, placed: Ordered) -> pl.DataFrame:
    position = np.arange(placed.rows.height) - placed.of_each_row(placed.starts)
    table = pl.DataFrame(
        {
            "group": placed.rows[GROUP],
            "winner": placed.of_each_row(placed.survivor("id").to_numpy()),
            "loser": placed.rows["id"],
            "position": position,
            "rule": rule_names(rules, placed.rows),
            "key": key_text(placed.rows[KEY]),
            "reason": reasons(rules, placed, _told(placed)),
        },
        schema_overrides=MERGES,
    )
    return table.filter(pl.col("position") > 0).sort("group", "position")


def _stopped(rules: DedupeRules, placed: Ordered, unsure: pl.Series) -> tuple[Flags, pl.DataFrame]:
    """Which groups are left alone, and every member of them with the first reason."""
    reason = pl.repeat(None, len(placed.starts), dtype=pl.String, eager=True)
    guard = reason.clone()
    for name, places, words in _tests(rules, placed, unsure):
        new = (reason.is_null() & pl.Series(places >= 0)).arg_true()
        ids = placed.rows["id"].gather(pl.Series(places).gather(new))
        texts = pl.DataFrame({"id": ids}).select(pl.format(words, "id")).to_series()
        reason, guard = reason.scatter(new, texts), guard.scatter(new, name)
    stopped = reason.is_not_null().to_numpy()
    of_row = placed.of_each_row(np.arange(len(placed.starts)))
    table = placed.rows.select("id", pl.col(GROUP).alias("group")).with_columns(
        guard=guard.gather(of_row), reason=reason.gather(of_row)
    )
    return stopped, table.filter(pl.col("reason").is_not_null())


def _tests(rules: DedupeRules, placed: Ordered, unsure: pl.Series) -> Iterator[tuple[str, npt.NDArray[np.int64], str]]:
    """Guard, the row of each group that stops it (or -1), and in words what is the matter with its lead."""
    changed = placed.rows["id"].is_in(unsure.implode()).to_numpy()
    yield (
        "changed_meanwhile",
        placed.first(changed),
        "lead {} was changed while the list was read: the next run decides",
    )
    for one in rules.salesforce.unmergeable:
        fits = has_value(placed.rows[one.field], one.values).to_numpy()
        yield one.reason, placed.first(fits), UNMERGEABLE[one.reason]
    second = placed.contacts & (np.arange(placed.rows.height) != placed.of_each_row(placed.starts))
    yield "two_contacts", placed.first(second), "lead {} is a second contact in Salesforce: contacts are never merged"
    if rules.survivor.skip_ties:
        tied = np.where(placed.decided == len(placed.tests), placed.starts, -1)
        yield "tie", tied, "nothing but the id tells lead {} from the second: a tie is left alone"
