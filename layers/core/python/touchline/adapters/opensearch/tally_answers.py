"""A tally's answer as cells; what was cut short is refused, for it would pass for the whole."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Any

from touchline.adapters.opensearch.tally_queries import (
    MOST_CURRENCIES,
    equal_step,
    is_left_over,
    people_threshold,
    term_of,
)
from touchline.domain.properties import Scalar, read_entry
from touchline.domain.queries.cells import NOTHING, Cell, Cells, Part, Sum, minus
from touchline.domain.queries.tally import Row, RowKind, Tallied, Tally
from touchline.errors import TooManyValues


def read_tally(tally: Tally, answer: Mapping[str, Any]) -> Tallied:
    aggs = answer.get("aggregations", {})  # absent where no day of the range has an index
    whole = _row("whole", None, tally, {**aggs, "doc_count": answer["hits"]["total"]["value"]})
    rows = [whole]
    if tally.field is not None:
        found = {bucket["key"]: bucket for bucket in aggs.get("listed", {}).get("buckets", ())}
        listed = [_row("value", key, tally, found.get(term_of(tally.field, key), {})) for key in tally.listed]
        absent = _row("absent", None, tally, aggs.get("absent", {}))
        left_over = is_left_over(tally)
        other = _rest(whole, [*listed, absent]) if left_over else _row("other", None, tally, aggs.get("other", {}))
        rows += [*listed, other, absent]
    return Tallied(rows, people_threshold(tally))


def _row(kind: RowKind, key: Scalar | None, tally: Tally, found: Mapping[str, Any]) -> Row:
    starts = {int(bucket.get("from", bucket["key"])): bucket for bucket in found.get("buckets", {}).get("buckets", ())}
    # A histogram names the bucket that the range cuts by its own uncut beginning.
    step = equal_step(tally.edges)
    if step is not None:
        starts[tally.edges[0]] = starts.get(tally.edges[1] - step, {})
    cells = [_cells(tally.parts, starts.get(start, {})) for start in tally.edges[:-1]]
    return Row(kind, key, _cells(tally.parts, found), cells)


def _cells(parts: tuple[Part, ...], found: Mapping[str, Any]) -> Cells:
    return tuple(_cell(part, found, found.get(f"p{number}")) for number, part in enumerate(parts))


def _cell(part: Part, around: Mapping[str, Any], found: Mapping[str, Any] | None) -> Cell:
    if part.kind == "events":
        counted = found if part.filters else around
        return Cell(events=(counted or {}).get("doc_count", 0))
    if found is None:
        return NOTHING
    metric = found.get("m", found)  # inside a filter, or by itself
    match part.kind:
        case "actors":
            return Cell(events=metric["value"])
        case "amounts":
            sums = ((b["key"], Sum(round(b["v"]["value"]), b["doc_count"])) for b in _by_currency(metric))
            return Cell(by_currency=tuple(sorted(sums)))
        case "numbers":
            return Cell(sum=_sum(metric))
        case "amount_percentiles":
            return Cell(percentiles=tuple(sorted((b["key"], _values(b["v"])) for b in _by_currency(metric))))
        case _:
            return Cell(percentiles=(("", _values(metric) if "values" in metric else _ranked(part, metric)),))


def _by_currency(metric: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    if metric.get("sum_other_doc_count"):
        raise TooManyValues(
            f"The events have more than {MOST_CURRENCIES:,} currencies: add a filter on value.currency.",
            field="filters",
        )
    buckets: Sequence[Mapping[str, Any]] = metric["buckets"]
    return buckets


def _sum(metric: Mapping[str, Any]) -> Sum:
    if "buckets" not in metric:
        return Sum(metric["sum"] or 0, metric["count"])
    counted = _listed(metric)
    # As decimals: 0.1 ten times is 1.
    return Sum(float(sum(Decimal(str(number)) * times for number, times in counted)), sum(n for _, n in counted))


def _ranked(part: Part, metric: Mapping[str, Any]) -> tuple[float | None, ...]:
    """Nearest rank, from how often each number comes."""
    counted = sorted(_listed(metric))
    ends = list(accumulate(times for _, times in counted))
    if not ends:
        return (None,) * len(part.percents)
    places = (min(int(percent / 100 * ends[-1]), ends[-1] - 1) for percent in part.percents)
    return tuple(float(counted[bisect_right(ends, place)][0]) for place in places)


def _listed(metric: Mapping[str, Any]) -> list[tuple[float, int]]:
    return [(float(read_entry(bucket["key"])[1]), bucket["doc_count"]) for bucket in metric["buckets"]]


def is_cut(found: Any) -> bool:
    """Whether a list of terms anywhere in an answer is shorter than it ought to be."""
    if isinstance(found, list):
        return any(is_cut(one) for one in found)
    if not isinstance(found, dict):
        return False
    return bool(found.get("sum_other_doc_count")) or any(is_cut(one) for one in found.values())


def _values(metric: Mapping[str, Any]) -> tuple[float | None, ...]:
    return tuple(one["value"] for one in metric["values"])


def _rest(whole: Row, rows: list[Row]) -> Row:
    """What is left of the whole."""
    total = _minus(whole.total, [row.total for row in rows])
    buckets = [_minus(cells, [row.buckets[n] for row in rows]) for n, cells in enumerate(whole.buckets)]
    return Row("other", None, total, buckets)


def _minus(whole: Cells, listed: list[Cells]) -> Cells:
    return tuple(minus(cell, [cells[n] for cells in listed]) for n, cell in enumerate(whole))
