from datetime import date, datetime
from typing import Any

import pytest

from local.marketo_simulator.lead_fields import STANDARD_FIELDS, LeadFieldSpec
from local.marketo_simulator.lead_values import BadValue, read_time, to_json, to_store

FIELDS = {field.name: field for field in STANDARD_FIELDS}


def of_type(data_type: str, length: int | None = 255) -> LeadFieldSpec:
    return LeadFieldSpec("f", "F", data_type, length)


@pytest.mark.parametrize(
    ("data_type", "sent", "kept"),
    [
        ("string", "null", "null"),
        ("string", "", None),
        ("string", None, None),
        ("string", 5, "5"),
        ("string", True, "true"),
        ("integer", "17", 17),
        ("integer", 17.0, 17),
        ("score", -3, -3),
        ("boolean", "TRUE", True),
        ("boolean", 0, False),
        ("float", "1.5", 1.5),
        ("date", "2026-11-22", date(2026, 11, 22)),
        ("datetime", "2026-11-22T10:00:00+0100", datetime(2026, 11, 22, 9)),  # noqa: DTZ001 (kept as UTC without zone)
        ("datetime", "2026-11-22T10:00:00", datetime(2026, 11, 22, 10)),  # noqa: DTZ001
    ],
)
def test_values_are_read_by_type(data_type: str, sent: Any, kept: Any) -> None:
    assert to_store(of_type(data_type), sent) == kept


@pytest.mark.parametrize(
    ("data_type", "sent", "code"),
    [
        ("integer", "seventeen", "1001"),
        ("integer", 1.5, "1001"),
        ("integer", True, "1001"),
        ("integer", 2**31, "1001"),
        ("boolean", "perhaps", "1001"),
        ("float", "nan", "1001"),
        ("datetime", "yesterday", "1001"),
        ("string", "x" * 256, "1003"),
        ("string", {"a": 1}, "1001"),
        ("email", "jürgen@example.com", "1003"),
    ],
)
def test_values_that_a_field_cannot_have(data_type: str, sent: Any, code: str) -> None:
    with pytest.raises(BadValue) as bad:
        to_store(of_type(data_type), sent)
    assert bad.value.code == code


def test_text_areas_are_measured_in_bytes() -> None:
    notes = FIELDS["notes"]
    assert to_store(notes, "ü" * 15_000) == "ü" * 15_000
    with pytest.raises(BadValue, match="30000"):
        to_store(notes, "ü" * 15_001)


def test_times_are_written_as_marketo_writes_them() -> None:
    assert to_json(read_time(None, "2026-11-22T10:00:00.123Z")) == "2026-11-22T10:00:00Z"
    assert to_json(date(2026, 1, 2)) == "2026-01-02"
    assert to_json(None) is None
