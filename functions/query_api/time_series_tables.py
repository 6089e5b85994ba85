"""A time series as tables: a row for each number, with its bucket, its series and its currency or percentile."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from query_api.kind import AnswerTable, Cell

NAMED: Final = ("series", "key", "currency", "percentile")


def tables_of(answer: Mapping[str, Any]) -> list[AnswerTable]:
    """buckets, totals, and with a comparison: compared."""
    found = [
        AnswerTable("buckets", ("from", "to", "complete", *NAMED, "value"), _buckets(answer)),
        AnswerTable("totals", (*NAMED, "total"), _totals(answer)),
    ]
    if "comparison" in answer:
        columns = ("from", "to", *NAMED, "value", "change")
        found.append(AnswerTable("compared", columns, _compared(answer["comparison"])))
    return found


def _buckets(answer: Mapping[str, Any]) -> Iterator[list[Cell]]:
    for series in answer["series"]:
        for bucket, value in zip(answer["buckets"], series["values"], strict=True):
            for named, number in _numbers(series, value):
                yield [bucket["from"], bucket["to"], bucket["complete"], *named, number]


def _totals(answer: Mapping[str, Any]) -> Iterator[list[Cell]]:
    for series in answer["series"]:
        for named, number in _numbers(series, series["total"]):
            yield [*named, number]


def _compared(comparison: Mapping[str, Any]) -> Iterator[list[Cell]]:
    for series in comparison["series"]:
        for bucket, value, change in zip(comparison["buckets"], series["values"], series["change"], strict=True):
            changes = dict(_by_name(change))
            for name, number in _by_name(value):
                yield [
                    bucket["from"],
                    bucket["to"],
                    series["kind"],
                    series.get("key"),
                    *name,
                    number,
                    changes.get(name),
                ]


def _numbers(series: Mapping[str, Any], value: Any) -> Iterator[tuple[list[Cell], Cell]]:
    for name, number in _by_name(value):
        yield [series["kind"], series.get("key"), *name], number


def _by_name(value: Any) -> Iterator[tuple[tuple[str | None, str | None], Any]]:
    """A value with its currency and percentile, where it has them: percentiles are named by a number."""
    if not isinstance(value, Mapping):
        yield (None, None), value
        return
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from (((name, percent), number) for percent, number in inner.items())
        elif name[:1].isdigit():
            yield (None, name), inner
        else:
            yield (name, None), inner
