"""Telephone numbers in the form of E.164, whole lists at a time."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final

import phonenumbers
import polars as pl
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from touchline.domain.leads.cleaning import by_unique, elsewhere, trimmed
from touchline.domain.leads.countries import COUNTRY_CODES, COUNTRY_NAMES
from touchline.domain.leads.telephone_plans import international, plan_of

EXTENSION: Final = r"(?i)[\s,;]*(?:;ext=|extension|ext\.?|extn\.?|x|#|~)\s*:?\s*[0-9]{1,7}\s*$"
PLAIN: Final = r"^[0-9 ().\-/]+$"  # as numbers are written, without anything that asks for thought
PLAIN_ABROAD: Final = r"^\+[0-9 ().\-/]+$"
TRUNK_IN_BRACKETS: Final = r"\( *0"
FEWEST_DIGITS: Final = 7  # fewer is an extension, or a number within one town
# Seven times the same digit at the end, and numbers that are typed along the keyboard.
PLACEHOLDER: Final = rf"^(?:0?1234567(?:89?0?)?|\+?[0-9]*?(?:{'|'.join(f'{digit}{{7}}' for digit in range(10))}))$"
OF_NO_COUNTRY: Final = "~"  # before the digits of a number whose country nobody knows

type Step = Callable[[pl.Series, pl.Series], pl.Series]


def telephone_key(values: pl.Series, country: str | None, countries: pl.Series | None = None) -> pl.Series:
    """`countries`: of each lead, as a code or an English name; `country` where it says none.

    A number without a country code, of a lead without a country, is its digits: the same only where it is written in
    full alike.
    """
    written = trimmed(values)
    if countries is None:
        return _of_region(written, country)
    frame = pl.DataFrame({"value": written, "region": _regions(countries, country)}).with_row_index("row")
    made = [
        part.select("row", key=_of_region(part["value"], part["region"][0])) for part in frame.partition_by("region")
    ]
    return pl.concat(made).sort("row")["key"] if made else pl.Series([], dtype=pl.String)


def _regions(countries: pl.Series, usual: str | None) -> pl.Series:
    named = trimmed(countries).str.to_uppercase().replace(COUNTRY_NAMES)
    known = named.is_in(pl.Series(sorted(COUNTRY_CODES)).implode()).fill_null(value=False)
    return named.zip_with(known, pl.Series([usual], dtype=pl.String).new_from_index(0, len(countries)))


def _of_region(values: pl.Series, region: str | None) -> pl.Series:
    bare = elsewhere(values, EXTENSION, lambda some: some.str.replace(EXTENSION, ""))
    digits = bare.str.replace_all(r"[^0-9]+", "")
    enough = digits.str.len_bytes() >= FEWEST_DIGITS
    keys = _abroad(bare, digits) if region is None else _within(bare, digits, region)
    keys = keys.set(~enough, None)
    for step in ([_abroad] if region is not None else []) + [partial(_asked, region=region)]:
        places = (keys.is_null() & enough).arg_true()
        if len(places):
            keys = keys.scatter(places, step(bare.gather(places), digits.gather(places)))
    unfit = keys.str.contains(PLACEHOLDER) | digits.str.contains(PLACEHOLDER)
    return keys.set(unfit, None)


def _abroad(bare: pl.Series, digits: pl.Series) -> pl.Series:
    good, changed = international()
    fits = bare.str.contains(PLAIN_ABROAD) & ~bare.str.contains(TRUNK_IN_BRACKETS)
    keys = ("+" + digits).set(~fits, None)
    keys = keys.set(~keys.str.contains(good), None)
    return keys.set(keys.str.contains(changed), None)


def _within(bare: pl.Series, digits: pl.Series, region: str) -> pl.Series:
    """Numbers that are as the country's plan has them, with what is dialled before them or without."""
    plan = plan_of(region)
    if plan is None:
        return digits.set(digits.is_not_null(), None)
    clear = bare.str.contains(PLAIN) & ~digits.str.contains(f"^(?:{plan.abroad})")
    if plan.code != plan.trunk:
        clear &= ~digits.str.starts_with(plan.code)
    number = digits.str.extract(f"^(?:{plan.trunk})?({plan.national})$", 1)
    length = number.str.len_bytes()
    stripped = digits.str.extract(f"^(?:{plan.strips})", 0).str.len_bytes().fill_null(0)
    # A number that begins like the trunk prefix is as long as it was only where the library leaves it so, too.
    fits = clear & length.is_in(list(plan.lengths)) & (digits.str.len_bytes() - length == stripped)
    return (f"+{plan.code}" + number).set(~fits, None)


def _asked(bare: pl.Series, digits: pl.Series, *, region: str | None) -> pl.Series:
    def read(values: pl.Series) -> pl.Series:
        return pl.Series([_read(value, region) for value in values.to_list()], dtype=pl.String)

    return by_unique(bare, read)


def _read(value: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(value, region)
    except NumberParseException:
        digits = re.sub(r"[^0-9]", "", value)
        return None if region is not None or "+" in value else OF_NO_COUNTRY + digits
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
