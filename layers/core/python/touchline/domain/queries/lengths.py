"""Lengths of time in words: `7 days`, `36 hours`. Of exact time, not of the calendar: a day is 24 hours."""

import re
from typing import Final

from touchline.errors import InvalidInterval

UNIT_MS: Final = {
    "second": 1_000,
    "minute": 60_000,
    "hour": 3_600_000,
    "day": 86_400_000,
    "week": 7 * 86_400_000,
}
TEXT: Final = re.compile(r"(?:(\d{1,9}) ?)?([a-z]+?)s?", re.ASCII)


def parse_length(text: str, field: str, *, most_ms: int = 3_660 * UNIT_MS["day"]) -> int:
    """In ms, from 1 s to `most_ms`. Raises InvalidInterval. `field` is the place in the request."""
    found = TEXT.fullmatch(text.strip().lower())
    if found is None or found[2] not in UNIT_MS:
        raise InvalidInterval(
            f"{text[:64]!r} is not a length of time. Use a number of {', '.join(f'{unit}s' for unit in UNIT_MS)}, as in "
            "'7 days'.",
            field=field,
        )
    length = int(found[1] or 1) * UNIT_MS[found[2]]
    if not 0 < length <= most_ms:
        raise InvalidInterval(f"{text[:64]!r} must be from 1 second to {most_ms // UNIT_MS['day']:,} days.", field=field)
    return length
