"""What Marketo's text stands for: numbers, instants, yes and no. Text that stands for nothing of the kind is None."""

from datetime import UTC, datetime
from typing import Final

import polars as pl

from touchline.domain.leads.cleaning import by_unique
from touchline.domain.leads.dedupe_rules import NUMBERS, TIMES

TRUE: Final = ("true", "1", "True", "TRUE", "yes", "Yes")  # exports have the first, of program members the second
USUAL: Final = "%Y-%m-%dT%H:%M:%SZ"  # as exports have it


def numbers(values: pl.Series) -> pl.Series:
    """64-bit floats, for comparing."""
    read = values.str.strip_chars().cast(pl.Float64, strict=False)
    return read.set(~read.is_finite(), None)


def instants(values: pl.Series) -> pl.Series:
    """Microseconds since 1970; a time without a zone is of UTC, a date its first instant."""
    read = values.str.to_datetime(USUAL, strict=False, time_unit="us").cast(pl.Int64)
    places = (read.is_null() & values.is_not_null()).arg_true()
    return read.scatter(places, by_unique(values.gather(places), _instants)) if len(places) else read


def _instants(values: pl.Series) -> pl.Series:
    return pl.Series([_instant(value) for value in values.to_list()], dtype=pl.Int64)


def _instant(value: str) -> int | None:
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return round(at.timestamp()) * 1_000_000 + at.microsecond if at.year > 1 else None


def truths(values: pl.Series) -> pl.Series:
    """Never None: what is empty is not true."""
    return values.is_in(TRUE).fill_null(value=False)


def ordinals(values: pl.Series, data_type: str) -> pl.Series:
    """Numbers or instants, by which values of the type are compared."""
    return instants(values).cast(pl.Float64) if data_type in TIMES else numbers(values)


def differ(before: pl.Series, after: pl.Series, data_type: str) -> pl.Series:
    """Whether Marketo would show another value afterwards: 5 is 5.0, and what is not true is false."""
    if data_type == "boolean":
        return truths(before) != truths(after)
    other = before.ne_missing(after)
    if data_type not in NUMBERS | TIMES:
        return other
    places = (other & before.is_not_null() & after.is_not_null()).arg_true()
    if len(places) == 0:
        return other
    same = ordinals(before.gather(places), data_type) == ordinals(after.gather(places), data_type)
    return other.scatter(places, ~same.fill_null(value=False))
