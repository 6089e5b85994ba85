from pathlib import Path

from touchline.domain import limits
from touchline.domain.rejection import CODES

PAGE = (Path(__file__).parents[3] / "docs/reference/sending-events.md").read_text(encoding="utf-8")


def test_every_code_of_rejection_is_explained() -> None:
    assert [code for code, meaning in CODES.items() if f"| `{code}` | {meaning} |" not in PAGE] == []


def test_the_published_limits_are_those_of_the_code() -> None:
    names = ("EVENTS_PER_REQUEST", "VALUES_PER_REQUEST", "PROPERTY_STRING_CHARS", "AMOUNT", "ID_CHARS", "NAME_CHARS")
    assert [name for name in names if f"{getattr(limits, name):,}" not in PAGE] == []
    assert f"{limits.REQUEST_BYTES // limits.MIB} MiB / {limits.UNZIPPED_BYTES // limits.MIB} MiB" in PAGE
