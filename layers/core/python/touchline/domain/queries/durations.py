"""Lengths of time on the clock: a day is 24 hours, whatever the calendar says."""

import re
from typing import Final

from touchline.errors import InvalidInterval

SECOND_MS: Final = 1_000
UNIT_MS: Final[dict[str, int]] = {
    "week": 7 * 86_400 * SECOND_MS,
    "day": 86_400 * SECOND_MS,
    "hour": 3_600 * SECOND_MS,
    "minute": 60 * SECOND_MS,
    "second": SECOND_MS,
}
TEXT: Final = re.compile(r"(\d{1,9}) ?([a-z]+?)s?", re.ASCII)


def parse_duration(text: str, where: str, *, longest: int) -> int:
    """`7 days`, `90 minutes`, in ms; at least a second and at most `longest` ms. Raises InvalidInterval."""
    match = TEXT.fullmatch(text.strip().lower())
    if match is None or match[2] not in UNIT_MS:
        raise InvalidInterval(
            f"{text[:64]!r} is not a length of time. Use a number of {', '.join(f'{unit}s' for unit in UNIT_MS)}: "
            "'7 days', '90 minutes'. Months differ in length: say days.",
            field=where,
        )
    length = int(match[1]) * UNIT_MS[match[2]]
    if not SECOND_MS <= length <= longest:
        raise InvalidInterval(f"It may be from 1 second to {describe_duration(longest)}.", field=where)
    return length


def describe_duration(length: int) -> str:
    """In the largest unit that divides it; days before weeks."""
    for unit, size in UNIT_MS.items():
        if unit != "week" and length >= size and length % size == 0:
            count = length // size
            return f"{count:,} {unit}{'s' * (count != 1)}"
    return f"{length:,} ms"
