"""When an event happened: RFC 3339 or epoch milliseconds in, epoch milliseconds out."""

from datetime import UTC, datetime
from typing import Final

from touchline.domain.limits import FUTURE_MS, SKEW_MS
from touchline.domain.rejection import Refused
from touchline.domain.text import shown

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MS: Final = 86_400_000
# 11 digits of seconds reach the year 5138; as milliseconds they are before 1974, when nothing was sent.
SECONDS_BELOW: Final = 100_000_000_000
LATEST_MS: Final = 253_402_300_799_999  # the end of the year 9999


def read_moment(value: object, field: str) -> int:
    """Epoch milliseconds; smaller fractions are cut off."""
    if type(value) is str:
        return _from_rfc3339(value, field)
    if type(value) is int:
        return _from_epoch(value, field)
    raise Refused(
        "timestamp_invalid", field, f"{field} must be RFC 3339 text (2026-11-21T10:00:00Z) or whole epoch milliseconds."
    )


def skew(received_at: int, sent_at: int) -> int:
    """By how much the sender's clock is behind ours (negative: ahead), or 0 where it is too little to tell."""
    difference = received_at - sent_at
    return difference if abs(difference) >= SKEW_MS else 0


def check_age(moment: int, now: int, max_age_days: int, field: str) -> None:
    if moment > now + FUTURE_MS:
        raise Refused(
            "timestamp_in_future", field, f"{field} is {_iso(moment)}, more than an hour ahead of {_iso(now)}."
        )
    if moment < now - max_age_days * DAY_MS:
        raise Refused("timestamp_too_old", field, f"{field} is {_iso(moment)}, more than {max_age_days} days ago.")


def day_of(moment: int) -> str:
    """YYYY.MM.DD in UTC."""
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y.%m.%d")


def _from_epoch(value: int, field: str) -> int:
    if 0 < value < SECONDS_BELOW:
        raise Refused("timestamp_invalid", field, f"{field} looks like epoch seconds; multiply it by 1000.")
    if not 0 < value <= LATEST_MS:
        raise Refused("timestamp_invalid", field, f"{field} is not an epoch millisecond before the year 10000.")
    return value


def _from_rfc3339(text: str, field: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _from_rare_form(text, field)
    if moment.tzinfo is None:
        raise Refused(
            "timestamp_without_zone", field, f"{field} says no zone; end it with Z or an offset as in +01:00."
        )
    if not _is_rfc3339(text):
        raise _invalid(text, field)
    since = moment - EPOCH
    if since.days < 0:
        raise Refused("timestamp_too_old", field, f"{field} is before 1970.")
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def _is_rfc3339(text: str) -> bool:
    """Python also reads week dates, missing colons, commas and offsets of seconds, which others may read otherwise."""
    return (
        len(text) >= 20
        and text[4] == text[7] == "-"
        and text[10] in "Tt "
        and text[13] == text[16] == ":"
        and text[19] in ".Zz+-"
        and text[19:21] not in {".Z", ".z", ".+", ".-"}
        and (text[-1] in "Zz" or (text[-6] in "+-" and text[-3] == ":"))
    )


def _from_rare_form(text: str, field: str) -> datetime:
    """A small z, and the leap second, which is given the last second of its minute and counted on."""
    rare = text.replace("z", "Z")
    leap = rare[17:19] == "60"
    try:
        moment = datetime.fromisoformat(f"{rare[:17]}59{rare[19:]}" if leap else rare)
    except ValueError as error:
        raise _invalid(text, field) from error
    if not leap or moment.tzinfo is None:
        return moment
    if (moment - EPOCH).seconds != 86_399:
        raise _invalid(text, field)
    # POSIX time has no leap seconds: 23:59:60 is counted as the last millisecond before midnight.
    return moment.replace(microsecond=999_000)


def _invalid(text: str, field: str) -> Refused:
    return Refused(
        "timestamp_invalid",
        field,
        f"{field} is {shown(text, 40)!r}, which is not RFC 3339, as 2026-11-21T10:00:00Z is.",
    )


def _iso(moment: int) -> str:
    """Also for times that no calendar holds."""
    try:
        return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError):
        return f"{moment} ms"
