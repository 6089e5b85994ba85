"""What well-formed telephone numbers look like, country by country, as patterns that whole columns are tried against.

Made from the library's own metadata, for what it would read without changing a digit; everything else is left to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

WORLD: Final = "001"  # the library's region of numbers that belong to no country
NEVER: Final = r"[^\x00-\x{10FFFF}]"


@dataclass(frozen=True, slots=True)
class Plan:
    """`trunk`: what is dialled before a number within the country; `strips`: all that the library takes away from its
    beginning; `abroad`: what is dialled before a number of another country; `lengths`: of numbers of the country,
    `possible`: of all that have its code."""

    code: str
    trunk: str
    strips: str
    abroad: str
    national: str
    lengths: tuple[int, ...]
    possible: tuple[int, ...]


@cache
def plan_of(region: str) -> Plan | None:
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or metadata.general_desc is None:
        return None
    return Plan(
        code=str(metadata.country_code),
        trunk=metadata.national_prefix or "",
        strips=_ascii(metadata.national_prefix_for_parsing),
        abroad=_ascii(metadata.international_prefix),
        national=_ascii(metadata.general_desc.national_number_pattern),
        lengths=_lengths(metadata),
        possible=_lengths(_main(metadata)),
    )


def _main(metadata: PhoneMetadata) -> PhoneMetadata:
    """Of countries that share a code, the one by which the library judges lengths."""
    region = COUNTRY_CODE_TO_REGION_CODE[metadata.country_code or 0][0]
    return PhoneMetadata.metadata_for_region(region, None) or metadata


def _lengths(metadata: PhoneMetadata) -> tuple[int, ...]:
    description = metadata.general_desc
    return tuple(length for length in description.possible_length if length > 0) if description else ()


@cache
def international() -> tuple[str, str, str]:
    """Of numbers of a plus and digits the patterns of those with a country's code; of those with as many digits as its
    numbers have; and of those that the library changes."""
    main = [regions[0] for regions in COUNTRY_CODE_TO_REGION_CODE.values() if regions[0] != WORLD]
    plans = [plan for plan in map(plan_of, main) if plan is not None and plan.lengths]
    coded = "|".join(plan.code for plan in plans)
    good = "|".join(rf"{plan.code}[1-9]{_digits(length - 1 for length in plan.lengths)}" for plan in plans)
    changed = "|".join(rf"{plan.code}(?:{plan.strips})" for plan in plans)
    return rf"^\+(?:{coded})[1-9]", rf"^\+(?:{good})$", rf"^\+(?:{changed})"


def _digits(lengths: Iterable[int]) -> str:
    return "(?:" + "|".join(f"[0-9]{{{length}}}" for length in lengths) + ")"


def _ascii(pattern: str | None) -> str:
    """Digits of all scripts would make the patterns many times as large."""
    return pattern.replace(r"\d", "[0-9]") if pattern else NEVER
