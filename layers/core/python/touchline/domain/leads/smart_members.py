"""Who is on a smart list, found in leads' own fields: every operator with the meaning that it has in Marketo.

Case does not count where texts are compared. What is empty fits no condition but `is empty` and the negated ones.
"""

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final

import polars as pl
import polars_hash as plh

from touchline.domain.leads.dedupe_rules import BOOLEAN, NUMBERS
from touchline.domain.leads.smart_logic import Joined
from touchline.domain.leads.smart_rules import Condition, Everybody, Filter, OfField, OfLists, SmartRules, Twins
from touchline.domain.leads.smart_values import NO, YES, day, moment, number
from touchline.domain.leads.typed_values import instants, numbers
from touchline.domain.marketo.api import LeadField

type Test = Callable[[pl.Series, Any], pl.Series]

BETWEEN: Final = "\x1f"
SLICES: Final = 16  # of keys, one after the other: those of ten million leads take 300 MB beside themselves, not 1,700
NEGATED: Final = {"is not": "is", "not contains": "contains", "not starts with": "starts with"}
TESTS: Final[Mapping[str, Test]] = {
    "is": operator.eq,
    "contains": lambda texts, value: texts.str.contains(value, literal=True),
    "starts with": lambda texts, value: texts.str.starts_with(value),
    "at least": operator.ge,
    "at most": operator.le,
    "less than": operator.lt,
    "greater than": operator.gt,
}


def members(rules: SmartRules, leads: pl.DataFrame, ids_of: Mapping[int, pl.Series]) -> pl.Series:
    """Which of the leads are on the list, as booleans.

    Parameters
    ----------
    leads : columns of text, None where empty: those of `rules.columns`; `id` 64-bit integers
    ids_of : by the place of each filter of lists or of twins, the ids of those whom it names
    """
    found = [_test(one, leads, ids_of.get(place)) for place, one in enumerate(rules.filters)]
    return _join(rules.logic, found)


def keys_of_twins(twins: Twins, leads: pl.DataFrame) -> pl.DataFrame:
    """`id` and `key` (a hash of 128 bits) of the leads that have all fields filled."""
    parts = [leads[field.name].rename(str(place)) for place, field in enumerate(twins.fields)]
    texts = [_lower(part) if _is_address(field) else part for part, field in zip(parts, twins.fields, strict=True)]
    # With their lengths before them "ab" and "c" never make the key of "a" and "bc".
    marked = [pl.concat_str(text.str.len_chars().cast(pl.String), text, separator=BETWEEN) for text in texts]
    joined = pl.concat_str(*marked, separator=BETWEEN)
    hashed = pl.select(joined.alias("key")).select(plh.col("key").nchash.xxh3_128(seed=0)).to_series()
    return pl.DataFrame([leads["id"], hashed.alias("key")]).drop_nulls()


def ids_of_twins(keys: pl.DataFrame) -> pl.Series:
    """Of `keys_of_twins` of all leads, those whose key another lead has; a lead twice is one lead."""
    found = []
    for place in range(SLICES):
        some = keys.filter(pl.col("key") % SLICES == place).unique()
        found.append(some.filter(pl.col("key").is_duplicated())["id"])
    return pl.concat(found).unique().sort()


def _join(logic: Joined, found: list[pl.Series]) -> pl.Series:
    parts = [found[part] if isinstance(part, int) else _join(part, found) for part in logic.parts]
    return reduce(operator.and_ if logic.how == "all" else operator.or_, parts)


def _test(one: Filter, leads: pl.DataFrame, ids: pl.Series | None) -> pl.Series:
    match one:
        case OfField():
            return reduce(operator.and_, [_holds(part, leads[one.field.name], one.field) for part in one.conditions])
        case OfLists(inside=inside):
            within = leads["id"].is_in(_known(ids).implode())
            return within if inside else ~within
        case Twins():
            return leads["id"].is_in(_known(ids).implode())
        case Everybody():
            return pl.Series([True]).new_from_index(0, leads.height)


def _known(ids: pl.Series | None) -> pl.Series:
    if ids is None:
        raise ValueError("Whom the filter names was not looked up.")
    return ids


def _holds(condition: Condition, values: pl.Series, field: LeadField) -> pl.Series:
    if condition.operator in NEGATED:
        return ~_holds(Condition(NEGATED[condition.operator], condition.values), values, field)
    if condition.operator == "is empty":
        return values.is_null()
    if condition.operator == "is not empty":
        return values.is_not_null()
    column, read = _comparable(values, field.data_type)
    test = TESTS[condition.operator]
    return reduce(operator.or_, [test(column, read(value)).fill_null(value=False) for value in condition.values])


def _comparable(values: pl.Series, data_type: str) -> tuple[pl.Series, Callable[[str], Any]]:
    """The column, and what makes of a filter's value something to compare it with."""
    if data_type in NUMBERS:
        return numbers(values), number
    if data_type == "datetime":
        return instants(values), moment
    if data_type == "date":
        return values, day
    if data_type in BOOLEAN:
        return _truths(values), lambda value: value.strip().lower() in YES
    return _lower(values), str.lower


def _truths(values: pl.Series) -> pl.Series:
    """None where it is neither."""
    lowered = _lower(values)
    told = lowered.is_in(sorted(YES))
    return told.set(~(told | lowered.is_in(sorted(NO))).fill_null(value=False), None)


def _lower(values: pl.Series) -> pl.Series:
    return values.str.to_lowercase()


def _is_address(field: LeadField) -> bool:
    return field.name == "email"
