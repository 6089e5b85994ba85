"""Cells as the series of an answer: values by bucket, totals recomputed from the whole range, changes."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from touchline.domain.queries.buckets import Bucket
from touchline.domain.queries.cells import Cells
from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.comparison import change
from touchline.domain.queries.measures import Measure, Total, Value, currencies, with_currencies
from touchline.domain.queries.questions import Breakdown
from touchline.domain.queries.tally import Row, TopValues


def bucket_facts(buckets: Sequence[Bucket], zone: ZoneInfo) -> list[dict[str, Any]]:
    return [
        {"from": rfc3339(one.start, zone), "to": rfc3339(one.end, zone), "complete": one.complete} for one in buckets
    ]


def series_of(measure: Measure, rows: Sequence[Row]) -> list[dict[str, Any]]:
    known = _currencies(rows)
    return [_series(measure, row, known) for row in rows]


def compared_series(measure: Measure, rows: Sequence[Row], before: Sequence[Row]) -> list[dict[str, Any]]:
    """`change` is relative to the period before, bucket by bucket."""
    known = _currencies([*rows, *before])
    compared = []
    for now_row, then_row in zip(rows, before, strict=True):
        now, then = _series(measure, now_row, known), _series(measure, then_row, known)
        then["change"] = [change(value, base) for value, base in zip(now["values"], then["values"], strict=True)]
        then["total_change"] = change(now["total"], then["total"])
        compared.append(then)
    return compared


def breakdown_facts(breakdown: Breakdown, measure: Measure, rows: Sequence[Row], top: TopValues) -> dict[str, Any]:
    parts_add_up = all(part.adds_up for part in measure.parts)
    overlap = _overlap(rows) if parts_add_up else None
    return {
        "field": breakdown.field.name,
        "top": breakdown.top,
        "ranked_by": "events",
        "adds_up": parts_add_up and not overlap,
        "why_not": _why_not(parts_add_up=parts_add_up, overlap=overlap),
        "choice_error_bound": top.error_bound,
    }


def _series(measure: Measure, row: Row, known: list[str]) -> dict[str, Any]:
    facts: dict[str, Any] = {"kind": row.kind}
    if row.kind == "value":
        facts["key"] = row.key
    elif row.kind == "absent":
        facts["key"] = None
    facts["values"] = [_value(measure, cells, known) for cells in row.buckets]
    facts["total"] = _value(measure, row.total, known)
    return facts


def _value(measure: Measure, cells: Cells, known: list[str]) -> Value:
    return with_currencies(measure.value(cells), known, additive=isinstance(measure, Total) and measure.kind == "sum")


def _currencies(rows: Sequence[Row]) -> list[str]:
    return currencies([cells for row in rows for cells in (row.total, *row.buckets)])


def _overlap(rows: Sequence[Row]) -> bool:
    """Whether the rows hold more than the whole: an event with several values is in the row of each."""
    whole, *others = rows
    return any(
        sum(_size(row.total, part) for row in others) != _size(whole.total, part) for part in range(len(whole.total))
    )


def _size(cells: Cells, part: int) -> int:
    cell = cells[part]
    return cell.events + cell.sum.number + sum(one.number for _, one in cell.by_currency)


def _why_not(*, parts_add_up: bool, overlap: bool | None) -> str | None:
    if not parts_add_up:
        return "One person may be in several rows, and percentiles do not add up; every row is counted by itself."
    return "Some events have several values of this field and are in the row of each." if overlap else None
