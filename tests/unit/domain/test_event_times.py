from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.event_times import read_moment
from touchline.domain.events import Rules, validate_event
from touchline.domain.rejection import Refused, Rejection
from touchline.domain.tenancy import Tenant

NOW = 1_795_000_000_000  # 2026-11-18T11:06:40Z
DAY = 86_400_000
EARLIEST = datetime(1971, 1, 1)  # noqa: DTZ001 - the zone is added by the test
LATEST = datetime(9998, 1, 1)  # noqa: DTZ001
ACME = Tenant("acme", "Acme", "hash", b"k" * 32, 1_000, "UTC", "monday", 0)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2026-11-18T11:06:40Z", NOW),
        ("2026-11-18t11:06:40z", NOW),
        ("2026-11-18 11:06:40+00:00", NOW),
        ("2026-11-18T11:06:40-00:00", NOW),
        ("2026-11-18T12:06:40.9999999+01:00", NOW + 999),
        ("2026-11-18T16:51:40.5+05:45", NOW + 500),
        ("2016-12-31T23:59:60Z", 1_483_228_799_999),
        ("2017-01-01T00:59:60.5+01:00", 1_483_228_799_999),
        (NOW, NOW),
    ],
)
def test_a_moment_is_read(sent: str | int, expected: int) -> None:
    assert read_moment(sent, "timestamp") == expected


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("2026-11-18T11:06:40", "timestamp_without_zone"),
        ("2026-11-18", "timestamp_without_zone"),
        ("2026-W47-3T11:06:40Z", "timestamp_invalid"),
        ("20261118T110640Z", "timestamp_invalid"),
        ("2026-11-18T11:06Z", "timestamp_invalid"),
        ("2026-11-18T11:06:40,5Z", "timestamp_invalid"),
        ("2026-11-18T11:06:40.Z", "timestamp_invalid"),
        ("2026-11-18T11:06:40+0100", "timestamp_invalid"),
        ("2026-11-18T11:06:40+01:00:30", "timestamp_invalid"),
        ("2026-11-18T11:06:60Z", "timestamp_invalid"),
        ("9999-12-31T23:59:60-05:00", "timestamp_invalid"),
        ("2026-02-30T00:00:00Z", "timestamp_invalid"),
        ("yesterday", "timestamp_invalid"),
        ("", "timestamp_invalid"),
        ("\ud800", "timestamp_invalid"),
        ("1969-12-31T23:59:59Z", "timestamp_too_old"),
        (1_795_000_000, "timestamp_invalid"),
        (-1, "timestamp_invalid"),
        (10**30, "timestamp_invalid"),
        (1_795_000_000_000.0, "timestamp_invalid"),
        (True, "timestamp_invalid"),
    ],
)
def test_what_is_no_moment_is_refused_with_its_reason(sent: object, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_moment(sent, "timestamp")
    assert refused.value.rejection.code == code


@given(
    moment=st.datetimes(min_value=EARLIEST, max_value=LATEST),
    offset=st.integers(-23 * 60, 23 * 60),
)
def test_every_zone_gives_the_same_moment(moment: datetime, offset: int) -> None:
    at = moment.replace(tzinfo=UTC)
    expected = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert read_moment(at.astimezone(timezone(timedelta(minutes=offset))).isoformat(), "timestamp") == expected


def judged(timestamp: object, sent_at: object = None, now: int = NOW) -> tuple[object, object]:
    event = {"id": "e", "action": "a", "actor": {"id": "c"}, "timestamp": timestamp, "sent_at": sent_at}
    verdict = validate_event(event, Rules(ACME, NOW, now), 0)
    if isinstance(verdict, Rejection):
        return verdict.code, verdict.field
    return verdict["@timestamp"], verdict.get("original_timestamp")


@pytest.mark.parametrize(
    ("sent_at", "expected"),
    [
        (NOW - 4_999, (NOW - 60_000, None)),
        (NOW - 5_000, (NOW - 55_000, NOW - 60_000)),
        (NOW + 5_000, (NOW - 65_000, NOW - 60_000)),
    ],
    ids=["too little to tell", "behind", "ahead"],
)
def test_a_wrong_clock_is_corrected_and_the_original_kept(sent_at: int, expected: tuple[int, int | None]) -> None:
    assert judged(NOW - 60_000, sent_at) == expected


def test_without_a_time_it_happened_when_it_came() -> None:
    assert judged(None) == (NOW, None)


def test_the_future_and_the_far_past_are_refused() -> None:
    assert judged(NOW + 3_600_000) == (NOW + 3_600_000, None)
    assert judged(NOW + 3_600_001) == ("timestamp_in_future", "timestamp")
    assert judged(NOW - 400 * DAY) == (NOW - 400 * DAY, None)
    assert judged(NOW - 400 * DAY - 1) == ("timestamp_too_old", "timestamp")


def test_what_was_ahead_may_be_taken_later() -> None:
    assert judged(NOW + 7_200_000, now=NOW + 7_200_000) == (NOW + 7_200_000, None)
