"""A journal gives back what was appended, also when its writer died in the middle of a line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.emulator import journal as module
from local.emulator.journal import Journal, Record

values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda each: st.lists(each), max_leaves=5)
records = st.lists(st.lists(values, min_size=1), max_size=20)


def opened(path: Path, live: list[Record]) -> Journal:
    return Journal(path, lambda: live)


@given(written=records)
def test_replays_what_was_appended(tmp_path_factory: pytest.TempPathFactory, written: list[Record]) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    journal = opened(path, [])
    for record in written:
        journal.append([record])
    assert list(opened(path, []).replay()) == written


@given(written=records, torn=st.integers(1, 10_000))
def test_a_torn_end_costs_the_last_records_alone(
    tmp_path_factory: pytest.TempPathFactory, written: list[Record], torn: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    opened(path, []).append(written)
    whole = path.read_bytes() if written else b""
    path.write_bytes(whole[: -min(torn, len(whole))] if whole else b"")
    found = list(opened(path, []).replay())
    assert found == written[: len(found)]
    assert len(found) == path.read_bytes().count(b"\n")


def test_nothing_is_appended_to_a_torn_line(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b'["whole"]\n["to')
    survivors = list(opened(tmp_path / "j", []).replay())
    opened(tmp_path / "j", survivors).append([["next"]])
    assert list(opened(tmp_path / "j", []).replay()) == [["whole"], ["next"]]


def test_a_long_journal_is_rewritten_to_what_is_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REWRITE_FROM_BYTES", 1000)
    live: list[Record] = [["alive"]]
    journal = opened(tmp_path / "j", live)
    for number in range(1000):
        journal.append([["dead", number]])
    found = list(opened(tmp_path / "j", []).replay())
    assert found[0] == ["alive"]
    assert len(found) < 200


def test_values_that_json_does_not_know_are_converted(tmp_path: Path) -> None:
    def decode(value: dict[str, Any]) -> Any:
        return bytes.fromhex(value["hex"]) if "hex" in value else value

    journal = Journal(tmp_path / "j", list, encode=lambda value: {"hex": value.hex()}, decode=decode)
    journal.append([["put", {"b": b"\x00\xff"}]])
    assert list(journal.replay()) == [["put", {"b": b"\x00\xff"}]]
