"""The values that survivors are given: which lead of the group each comes from, and what differs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from touchline.domain.leads.dedupe_rules import DedupeRules, FieldGroup, FieldValue
from touchline.domain.leads.rows import GROUP
from touchline.domain.leads.survivors import NOWHERE, Mask, Ordered, Places
from touchline.domain.leads.typed_values import differ, instants, ordinals, truths

SEPARATOR: Final = ";"
LONGEST: Final = 255  # characters that Marketo's text fields hold unless they are text areas
SCALE: Final = 6  # digits behind the point that sums keep


@dataclass(frozen=True, slots=True)
class Chosen:
    """For each group the value of a field; `source`: the row it is from, NOWHERE where it is from all or unchanged."""

    field: str
    rule: str
    after: pl.Series
    source: Places
    by: str | None = None


def chosen_values(rules: DedupeRules, ordered: Ordered) -> Iterator[Chosen]:
    for value in rules.values.fields:
        if value.rule != "winner":
            yield _chosen(rules, value, ordered)
    for group in rules.values.groups:
        if group.take != "winner":
            yield from _together(rules, group, ordered)


def value_changes(rules: DedupeRules, ordered: Ordered, told: pl.Series) -> Iterator[pl.DataFrame]:
    """Rows of `CHANGES`. `told`: of each group, why its survivor is who it is."""
    ids, survivors = ordered.rows["id"], ordered.survivor("id")
    for one in chosen_values(rules, ordered):
        before = ordered.survivor(one.field)
        changed = differ(before, one.after, rules.types[one.field]).arg_true()
        if len(changed) == 0:
            continue
        source = pl.Series(one.source).gather(changed)
        source = ids.gather(source.set(source == NOWHERE, None))
        by = f" by {one.by}" if one.by else ""
        whence = ("from lead " + source.cast(pl.String)).fill_null("from all leads of the group")
        reason = f"{one.rule}{by}, " + whence + "; " + told.gather(changed)
        yield pl.DataFrame(
            {
                "id": survivors.gather(changed),
                "field": pl.repeat(one.field, len(changed), eager=True),
                "before": before.gather(changed),
                "after": one.after.gather(changed),
                "rule": pl.repeat(one.rule, len(changed), eager=True),
                "key": source.cast(pl.String).fill_null(""),
                "reason": reason,
            }
        )


def _chosen(rules: DedupeRules, value: FieldValue, ordered: Ordered) -> Chosen:
    values = ordered.rows[value.field]
    if value.rule == "sum":
        return Chosen(value.field, value.rule, _sums(ordered, values), _nowhere(ordered))
    if value.rule == "union":
        longest = None if rules.types[value.field] == "text" else LONGEST
        return Chosen(value.field, value.rule, _unions(ordered, values, longest), _nowhere(ordered))
    source = _source(value, ordered, values, rules.types[value.field])
    after = _taken(ordered, values, source)
    if value.rule == "all_true":
        after = after.set(pl.Series(source != NOWHERE), "false")  # an empty one is not true
    return Chosen(value.field, value.rule, after, source, value.by)


def _source(value: FieldValue, ordered: Ordered, values: pl.Series, data_type: str) -> Places:
    """Of each group the row that the value is taken from; where several would do, the first in order."""
    filled = values.is_not_null().to_numpy()
    match value.rule:
        case "any_true":
            return ordered.first(truths(values).to_numpy())
        case "all_true":
            return ordered.first(~truths(values).to_numpy())
        case "first_non_empty":
            return ordered.first(filled)
        case "newest" | "oldest":
            sign = 1.0 if value.rule == "newest" else -1.0
            return _best(ordered, sign * _times(ordered, value.by), filled, _as_survivor(ordered, values))
        case _:
            sign = 1.0 if value.rule == "max" else -1.0
            ranks = sign * ordinals(values, data_type)
            known = ranks.is_not_null().to_numpy()
            return _best(ordered, ranks.fill_null(-np.inf).to_numpy(), known, _as_survivor(ordered, values))


def _together(rules: DedupeRules, group: FieldGroup, ordered: Ordered) -> Iterator[Chosen]:
    filled = np.any([ordered.rows[name].is_not_null().to_numpy() for name in group.fields], axis=0)
    if group.take == "first_non_empty":
        source = ordered.first(filled)
    else:
        sign = 1.0 if group.take == "newest" else -1.0
        kept = np.all([_as_survivor(ordered, ordered.rows[name]) for name in group.fields], axis=0)
        source = _best(ordered, sign * _times(ordered, group.by), filled, kept)
    for name in group.fields:
        after = _taken(ordered, ordered.rows[name], source)
        yield Chosen(name, f"{group.take} together", after, source, group.by)


def _times(ordered: Ordered, by: str | None) -> npt.NDArray[np.float64]:
    """Leads without the time come after all others: NaN is left out."""
    return instants(ordered.rows[by or ""]).cast(pl.Float64).fill_null(np.nan).to_numpy()


def _best(ordered: Ordered, ranks: npt.NDArray[np.float64], fits: Mask, kept: Mask) -> Places:
    """The first of the rows with the highest rank among those that fit; of those without a rank where none has one.

    Among equals one that is `kept`: the order of those who do not survive changes with what is written to them, and
    the survivor's value must not change with it.
    """
    known = np.where(fits, np.where(np.isnan(ranks), -np.finfo(np.float64).max, ranks), -np.inf)
    highest = np.maximum.reduceat(known, ordered.starts) if len(known) else known
    best = fits & (known == np.repeat(highest, ordered.sizes))
    same = ordered.first(best & kept)
    return np.where(same == NOWHERE, ordered.first(best), same)


def _as_survivor(ordered: Ordered, values: pl.Series) -> Mask:
    """Of each row whether it has the survivor's value."""
    own = values.gather(ordered.of_each_row(ordered.starts))
    return values.eq_missing(own).to_numpy()


def _taken(ordered: Ordered, values: pl.Series, source: Places) -> pl.Series:
    """The survivor's own where there is no source."""
    return values.gather(np.where(source == NOWHERE, ordered.starts, source))


def _nowhere(ordered: Ordered) -> Places:
    return np.full(len(ordered.starts), NOWHERE)


def _sums(ordered: Ordered, values: pl.Series) -> pl.Series:
    """Exact: binary fractions would depend on the order."""
    exact = values.str.strip_chars().cast(pl.Decimal(38, SCALE), strict=False)
    table = pl.DataFrame({GROUP: ordered.rows[GROUP], "value": exact})
    sums = table.group_by(GROUP, maintain_order=True).agg(
        pl.col("value").sum(), known=pl.col("value").is_not_null().any()
    )
    text = sums["value"].cast(pl.String).str.strip_chars_end("0").str.strip_suffix(".")
    return text.set(~sums["known"], None)


def _unions(ordered: Ordered, values: pl.Series, longest: int | None) -> pl.Series:
    """The survivor's own where all together would be too long."""
    tokens = pl.DataFrame({GROUP: ordered.rows[GROUP], "value": values.str.split(SEPARATOR)})
    joined = (
        tokens.explode("value")
        .with_columns(pl.col("value").str.strip_chars())
        .group_by(GROUP, maintain_order=True)
        .agg(pl.col("value").filter(pl.col("value").str.len_bytes() > 0).unique(maintain_order=True))
    )["value"]
    text = joined.list.join(SEPARATOR)
    own = ordered.survivor(values.name)
    kept = joined.list.len() == 0
    return text.zip_with(~(kept | (text.str.len_chars() > longest) if longest else kept), own)
