"""Marks of duplicates: what each lead of a group ought to bear, and what leads of no group ought to lose."""

from collections.abc import Iterator

import polars as pl

from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.keys import key_text
from touchline.domain.leads.quarantine import named
from touchline.domain.leads.rows import GROUP, KEY, OTHER, RULE, mark_fields
from touchline.domain.leads.survivors import Ordered
from touchline.domain.leads.typed_values import differ

USUAL_TYPES = {"group": "integer", "survivor": "integer", "duplicate": "boolean", "rule": "string"}


def mark_changes(rules: DedupeRules, ordered: Ordered, told: pl.Series) -> Iterator[pl.DataFrame]:
    """Rows of `CHANGES`. `told`: of each row, why it is in its group and who survives."""
    marks = rules.outcome.marks
    survivor = pl.Series(ordered.of_each_row(ordered.survivor("id").to_numpy()), dtype=pl.Int64)
    ids = ordered.rows["id"]
    rule = rule_names(rules, ordered.rows)
    wanted = {
        marks.group: ordered.rows[GROUP].cast(pl.String),
        marks.survivor: survivor.cast(pl.String),
        marks.duplicate: (ids != survivor).cast(pl.String),
        marks.rule: rule,
    }
    keys = key_text(ordered.rows[KEY])
    for name, data_type in _types(rules).items():
        before = _before(ordered.rows, name)
        changed = differ(before, wanted[name], data_type).arg_true()
        if len(changed):
            yield pl.DataFrame(
                {
                    "id": ids.gather(changed),
                    "field": pl.repeat(name, len(changed), eager=True),
                    "before": before.gather(changed),
                    "after": wanted[name].gather(changed),
                    "rule": rule.gather(changed),
                    "key": keys.gather(changed),
                    "reason": told.gather(changed),
                }
            )


def cleared_marks(rules: DedupeRules, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows of `CHANGES` for leads that bear marks of a group that is no more."""
    for name in mark_fields(rules):
        boolean = rules.types[name] == "boolean"
        after = pl.repeat("false" if boolean else None, rows.height, dtype=pl.String, eager=True)
        found = rows.filter(differ(rows[name], after, rules.types[name]))
        yield found.select(
            "id",
            field=pl.lit(name),
            before=pl.col(name),
            after=pl.lit("false" if boolean else None, pl.String),
            rule=pl.lit(""),
            key=pl.lit(""),
            reason=pl.lit("no duplicate any more, by these rules"),
        )


def reasons(rules: DedupeRules, ordered: Ordered, told: pl.Series) -> pl.Series:
    """Of each row why it is in its group. `told`: of each group, why its survivor is who it is."""
    survivor = ordered.of_each_row(ordered.survivor("id").to_numpy())
    near = [number for number, rule in enumerate(rules.match) if rule.near]
    return (
        pl.DataFrame(
            {
                "rule": rule_names(rules, ordered.rows),
                "alike": ordered.rows[RULE].is_in(near),
                "other": ordered.rows[OTHER],
                "survivor": survivor,
                "told": told.gather(ordered.of_each_row(pl.int_range(len(told), eager=True).to_numpy())),
            }
        )
        .select(
            pl.format(
                "{} lead {} by rule {}; {}",
                pl.when("alike").then(pl.lit("alike to")).otherwise(pl.lit("same key as")),
                "other",
                "rule",
                "told",
            )
        )
        .to_series()
    )


def rule_names(rules: DedupeRules, rows: pl.DataFrame) -> pl.Series:
    return rows.select(pl.col(RULE).alias("rule")).select(named([one.name for one in rules.match])).to_series()


def _types(rules: DedupeRules) -> dict[str, str]:
    marks = rules.outcome.marks
    return {getattr(marks, mark): rules.types.get(getattr(marks, mark), usual) for mark, usual in USUAL_TYPES.items()}


def _before(rows: pl.DataFrame, name: str) -> pl.Series:
    return rows[name] if name in rows.columns else pl.repeat(None, rows.height, dtype=pl.String, eager=True)
