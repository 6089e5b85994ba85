"""Telephone numbers in the form of E.164, whole lists at a time."""

import re
from typing import Final

import phonenumbers
import polars as pl
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from touchline.domain.leads.cleaning import by_unique, elsewhere, trimmed, unless
from touchline.domain.leads.countries import COUNTRY_CODES, COUNTRY_NAMES
from touchline.domain.leads.telephone_plans import Plan, international, plan_of

EXTENSION: Final = r"(?i)[\s,;]*(?:;ext=|extension|ext\.?|extn\.?|x|#|~)\s*:?\s*[0-9]{1,7}\s*$"
BEFORE_EXTENSION: Final = "[xX#~]"  # found sooner; every extension has one
PLAIN: Final = r"^[0-9 ().\-/]+$"  # as numbers are written, without anything that asks for thought
# The same, and it does not begin with what is dialled before a country.
PLAIN_HERE: Final = r"^\(?(?:[1-9]|0[1-9 ().\-/])[0-9 ().\-/]*[0-9]$"
PLAIN_ABROAD: Final = r"^\+(?:[0-9 ).\-/]|\( *[1-9])+$"  # without a trunk's 0 in brackets
BETWEEN_DIGITS: Final = [*" ().-/+"]
ABROAD: Final = r"^\(?00 ?([1-9])"  # dialled before a country code nearly everywhere
FEWEST_DIGITS: Final = 7  # fewer is an extension, or a number within one town
# Seven times the same digit at the end, and numbers that are typed along the keyboard.
PLACEHOLDER: Final = rf"^(?:0?1234567(?:89?0?)?|\+?[0-9]*?(?:{'|'.join(f'{digit}{{7}}' for digit in range(10))}))$"
OF_NO_COUNTRY: Final = "~"  # before the digits of a number whose country nobody knows

type Read = tuple[pl.Series, pl.Series]  # keys, and for which the answer is known


def telephone_key(values: pl.Series, country: str | None, countries: pl.Series | None = None) -> pl.Series:
    """`countries`: of each lead, as a code or an English name; `country` where it says none.

    A number without a country code, of a lead without a country, is its digits: the same only where it is written in
    full alike.
    """
    keys, known = _abroad(values)
    left = (~known).arg_true()
    bare = unless(values.gather(left), PLAIN_HERE, lambda some: _bare(trimmed(some)))
    found, known = _abroad(bare)
    keys = keys.scatter(left, found)
    rest = (~known).arg_true()
    left, bare = left.gather(rest), bare.gather(rest)
    return keys.scatter(left, _of_regions(bare, country, None if countries is None else countries.gather(left)))


def _bare(written: pl.Series) -> pl.Series:
    """Without an extension, and with a plus where somebody dials 00."""
    short = elsewhere(written, BEFORE_EXTENSION, lambda some: some.str.replace(EXTENSION, ""))
    return elsewhere(short, ABROAD, lambda some: some.str.replace(ABROAD, "+${1}"))


def _of_regions(written: pl.Series, country: str | None, countries: pl.Series | None) -> pl.Series:
    if countries is None:
        return _of_region(written, country)
    frame = pl.DataFrame({"value": written, "region": _regions(countries, country)}).with_row_index("row")
    made = [
        part.select("row", key=_of_region(part["value"], part["region"][0])) for part in frame.partition_by("region")
    ]
    return pl.concat(made).sort("row")["key"] if made else pl.Series([], dtype=pl.String)


def _regions(countries: pl.Series, usual: str | None) -> pl.Series:
    def known(some: pl.Series) -> pl.Series:
        named = trimmed(some).str.to_uppercase().replace(COUNTRY_NAMES)
        return named.set(~named.is_in(pl.Series(sorted(COUNTRY_CODES)).implode()), None)

    codes = by_unique(countries, known)
    return codes if usual is None else codes.fill_null(usual)


def _of_region(bare: pl.Series, region: str | None) -> pl.Series:
    digits = bare.str.replace_all(r"[^0-9]+", "")
    keys = digits.set(digits.is_not_null(), None)
    left = digits.str.len_bytes() >= FEWEST_DIGITS
    for fits, step in ((~bare.str.starts_with("+"), _within), (bare.is_not_null(), _asked)):
        places = (left & fits).arg_true()
        if len(places):
            found, known = step(bare.gather(places), digits.gather(places), region)
            keys = keys.scatter(places, found)
            left = left.scatter(places, ~known)
    return keys.set(keys.str.contains(PLACEHOLDER) | _unfit(digits), None)


def _abroad(bare: pl.Series) -> Read:
    """Of numbers that begin with a plus and hold nothing that asks for thought, and of those that are none at all."""
    places = bare.str.contains(PLAIN_ABROAD).arg_true()
    digits = bare.gather(places).str.replace_many(BETWEEN_DIGITS, [""] * len(BETWEEN_DIGITS))
    found, known = _coded(digits)
    nothing = bare.is_null()
    return bare.set(~nothing, None).scatter(places, found.set(_unfit(digits), None)), nothing.scatter(places, known)


def _coded(digits: pl.Series) -> Read:
    """By the code of a country with which they begin."""
    coded, good, changed = international()
    numbers = "+" + digits
    known = numbers.str.contains(good)
    found = numbers.set(~known, None)
    rest = (~known).arg_true()
    known = known.scatter(rest, numbers.gather(rest).str.contains(coded))
    return found, known & ~numbers.str.contains(changed)


def _unfit(digits: pl.Series) -> pl.Series:
    return (digits.str.len_bytes() < FEWEST_DIGITS) | digits.str.contains(PLACEHOLDER)


def _within(bare: pl.Series, digits: pl.Series, region: str | None) -> Read:
    """Numbers without a country code, with what is dialled before them within the country or without."""
    plain = bare.str.contains(PLAIN)
    if region is None:
        return (OF_NO_COUNTRY + digits).set(~plain, None), plain
    plan = plan_of(region)
    if plan is None:
        return digits.set(digits.is_not_null(), None), ~digits.is_not_null()
    coded = digits.str.starts_with(plan.code)
    if plan.code == plan.trunk:  # as in North America: what begins with a 1 and is a number without it, is that
        coded &= ~digits.str.contains(f"^{plan.code}(?:{plan.national})$")
    known = plain & ~coded & ~digits.str.contains(f"^(?:{plan.abroad})")
    stripped = digits.str.extract(f"^(?:{plan.strips})", 0).fill_null("")
    known &= stripped.is_in(list({plan.trunk, ""}))
    number = _without_trunk(digits, stripped, plan)
    fits = number.str.len_bytes().is_in(list(plan.possible))
    return (f"+{plan.code}" + number).set(~(known & fits), None), known


def _without_trunk(digits: pl.Series, stripped: pl.Series, plan: Plan) -> pl.Series:
    """As the library has it: what is dialled before a number is part of it where the rest could be no number."""
    if not plan.trunk:
        return digits
    rest = digits.str.strip_prefix(plan.trunk)
    length = rest.str.len_bytes()
    viable = f"^(?:{plan.national})$"
    kept = digits.str.contains(viable) & ~rest.str.contains(viable)
    kept |= ~(length.is_in(list(plan.lengths)) | (length > max(plan.lengths, default=0)))
    return digits.zip_with(kept | (stripped.str.len_bytes() == 0), rest)


def _asked(bare: pl.Series, digits: pl.Series, region: str | None) -> Read:
    def read(values: pl.Series) -> pl.Series:
        return pl.Series([_read(value, region) for value in values.to_list()], dtype=pl.String)

    return by_unique(bare, read), digits.is_not_null()


def _read(value: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(value, region)
    except NumberParseException:
        digits = re.sub(r"[^0-9]", "", value)
        return None if region is not None or "+" in value else OF_NO_COUNTRY + digits
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
