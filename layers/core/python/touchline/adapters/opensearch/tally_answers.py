"""A tally's answer as cells."""

from collections.abc import Mapping
from typing import Any

from touchline.adapters.opensearch.tally_queries import equal_step, is_left_over, people_threshold, term_of
from touchline.domain.properties import Scalar
from touchline.domain.queries.cells import NOTHING, Cell, Cells, Part, Sum, minus
from touchline.domain.queries.tally import Row, RowKind, Tallied, Tally


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
    metric = found["m"] if part.filters or part.key else found
    match part.kind:
        case "actors":
            return Cell(events=metric["value"])
        case "amounts":
            sums = ((b["key"], Sum(round(b["v"]["value"]), b["doc_count"])) for b in metric["buckets"])
            return Cell(by_currency=tuple(sorted(sums)))
        case "numbers":
            return Cell(sum=Sum(metric["sum"] or 0, metric["count"]))
        case "amount_percentiles":
            return Cell(percentiles=tuple(sorted((b["key"], _values(b["v"])) for b in metric["buckets"])))
        case _:
            return Cell(percentiles=(("", _values(metric)),))


def _values(metric: Mapping[str, Any]) -> tuple[float | None, ...]:
    return tuple(one["value"] for one in metric["values"])


def _rest(whole: Row, rows: list[Row]) -> Row:
    """What is left of the whole."""
    total = _minus(whole.total, [row.total for row in rows])
    buckets = [_minus(cells, [row.buckets[n] for row in rows]) for n, cells in enumerate(whole.buckets)]
    return Row("other", None, total, buckets)


def _minus(whole: Cells, listed: list[Cells]) -> Cells:
    return tuple(minus(cell, [cells[n] for cells in listed]) for n, cell in enumerate(whole))
