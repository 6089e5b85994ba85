"""Values of smart lists' filters: numbers, days, moments. Each raises `InvalidRequest` for what has no one meaning."""

import math
import re
from datetime import date, datetime
from typing import Final

from touchline.errors import InvalidRequest

YES: Final = frozenset({"true", "yes", "1"})
NO: Final = frozenset({"false", "no", "0"})
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def number(value: str) -> float:
    try:
        read = float(value.strip())
    except ValueError:
        read = math.nan
    if not math.isfinite(read):
        raise InvalidRequest("its value is no number")
    return read


def day(value: str) -> str:
    """As exports write days, which are in order as text."""
    try:
        if DAY.fullmatch(value.strip()):
            return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        pass
    raise InvalidRequest("its value is no day such as 2026-11-22")


def moment(value: str) -> int:
    """Microseconds since 1970."""
    try:
        read = datetime.fromisoformat(value.strip().replace("Z+0000", "Z"))
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise InvalidRequest(
            "its value is no moment with a time zone: days begin in the time zone of the subscription, which Marketo "
            "does not tell"
        )
    return round(read.timestamp()) * 1_000_000 + read.microsecond
