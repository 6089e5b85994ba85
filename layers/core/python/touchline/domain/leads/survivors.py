"""Which lead of a group survives: a total order, so that the same leads always have the same survivor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from touchline.domain.leads.dedupe_rules import DedupeRules, Preference
from touchline.domain.leads.rows import GROUP
from touchline.domain.leads.rule_words import told_preference
from touchline.domain.leads.typed_values import instants, numbers, truths

type Places = npt.NDArray[np.int64]
type Ranks = npt.NDArray[np.float64]
type Mask = npt.NDArray[np.bool_]

NOWHERE: Final = -1
NONE: Final = -np.inf
CONTACT: Final = 2.0
LEAD: Final = 1.0


@dataclass(frozen=True, slots=True)
class Ordered:
    """`rows`: group by group, in each the survivor first. `starts`: where groups begin. `decided`: which of `tests`
    (in words) told the survivor from the second, for each group; the number of tests where only the id did."""

    rows: pl.DataFrame
    starts: Places
    contacts: Mask  # of rows
    decided: Places
    tests: tuple[str, ...]

    @property
    def sizes(self) -> Places:
        return np.diff(np.append(self.starts, self.rows.height))

    def survivor(self, name: str) -> pl.Series:
        return self.rows[name].gather(self.starts)

    def of_each_row[T: np.generic](self, per_group: npt.NDArray[T]) -> npt.NDArray[T]:
        return np.repeat(per_group, self.sizes)

    def without(self, stopped: Mask) -> "Ordered":
        """`stopped`: of each group, whether it is left out."""
        if not stopped.any():
            return self
        kept, sizes = ~self.of_each_row(stopped), self.sizes[~stopped]
        return replace(
            self,
            rows=self.rows.filter(pl.Series(kept)),
            starts=np.append(np.int64(0), np.cumsum(sizes)[:-1]) if len(sizes) else sizes,
            contacts=self.contacts[kept],
            decided=self.decided[~stopped],
        )

    def first(self, fits: Mask) -> Places:
        """The first row of each group that fits, or NOWHERE."""
        count = len(fits)
        if count == 0:
            return self.starts
        first = np.minimum.reduceat(np.where(fits, np.arange(count), count), self.starts)
        return np.where(first == count, NOWHERE, first)


def order(rules: DedupeRules, rows: pl.DataFrame) -> Ordered:
    """`rows`: members of whole groups, each lead once."""
    in_salesforce = salesforce_rank(rows)
    tests: list[tuple[str, Ranks]] = [("ranks higher in Salesforce", in_salesforce)]
    if rules.survivor.keep_marked and (kept := _marked(rules, rows)) is not None:
        tests.append(("was marked as the survivor before", kept))
    tests += [(told_preference(one), _rank(one, rows)) for one in rules.survivor.prefer]
    places = _places(rows, [rank for _, rank in tests])
    starts = np.flatnonzero(np.diff(rows[GROUP].to_numpy()[places], prepend=-1)).astype(np.int64)
    return Ordered(
        rows=rows[places],
        starts=starts,
        contacts=in_salesforce[places] == CONTACT,
        decided=_decided(places, starts, [rank for _, rank in tests]),
        tests=tuple(words for words, _ in tests),
    )


def _places(rows: pl.DataFrame, ranks: Sequence[Ranks]) -> Places:
    """Group by group, in each the highest ranks first, then the lowest id."""
    by = [rows[GROUP].alias("group"), *(pl.Series(str(n), -rank) for n, rank in enumerate(ranks)), rows["id"]]
    table = pl.DataFrame(by).with_row_index("place")
    return table.sort([one.name for one in by])["place"].cast(pl.Int64).to_numpy()


def _decided(places: Places, starts: Places, ranks: Sequence[Ranks]) -> Places:
    first = places[starts]
    second = places[np.minimum(starts + 1, len(places) - 1)] if len(places) else first
    decided = np.full(len(starts), len(ranks), dtype=np.int64)
    for number in reversed(range(len(ranks))):
        decided[ranks[number][first] != ranks[number][second]] = number
    return decided


def salesforce_rank(rows: pl.DataFrame) -> Ranks:
    """A contact before a lead before a lead of Marketo alone: Marketo keeps that record, whatever it is asked."""
    contact, lead = np.zeros(rows.height, bool), np.zeros(rows.height, bool)
    if "sfdcType" in rows.columns:
        kind = rows["sfdcType"].str.strip_chars().str.to_lowercase()
        contact |= (kind == "contact").fill_null(value=False).to_numpy()
        lead |= (kind == "lead").fill_null(value=False).to_numpy()
    for name, which in (("sfdcContactId", contact), ("sfdcLeadId", lead)):
        if name in rows.columns:
            which |= _filled(rows[name])
    return np.where(contact, CONTACT, np.where(lead, LEAD, 0.0))


def _marked(rules: DedupeRules, rows: pl.DataFrame) -> Ranks | None:
    name = rules.outcome.marks.survivor
    if rules.outcome.of != "mark" or name not in rows.columns:
        return None
    return _ranks(numbers(rows[name]) == rows["id"])


def _rank(preference: Preference, rows: pl.DataFrame) -> Ranks:
    fields = preference.fields
    match preference.kind:
        case "salesforce_contact" | "salesforce_lead":
            return _ranks(pl.Series(_filled(rows[fields[0]])))
        case "email_valid":
            valid = _filled(rows[fields[0]])
            return _ranks(pl.Series(valid & ~truths(rows[fields[1]]).to_numpy() if fields[1:] else valid))
        case "most_engaged":
            return _ranks(numbers(rows[fields[0]]))
        case "most_recently_updated":
            return _ranks(instants(rows[fields[0]]))
        case "oldest":
            return _ranks(-instants(rows[fields[0]]))
        case "most_complete":
            return np.sum([_filled(rows[name]) for name in fields], axis=0, dtype=np.float64)
        case "value":
            wanted = {value.strip().lower(): float(-place) for place, value in enumerate(preference.values)}
            values = rows[fields[0]].str.strip_chars().str.to_lowercase()
            return _ranks(values.replace_strict(wanted, default=None, return_dtype=pl.Float64))


def _ranks(values: pl.Series) -> Ranks:
    return values.cast(pl.Float64).fill_null(NONE).to_numpy()


def _filled(values: pl.Series) -> Mask:
    return (values.str.strip_chars().str.len_bytes() > 0).fill_null(value=False).to_numpy()
