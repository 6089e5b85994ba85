"""What goes into a file of events comes out of it: every field, every character, every integer."""

import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.adapters.duckdb.columns import FIELDS, NAMES, sql_type
from touchline.adapters.duckdb.event_files import DuckDbEventFiles
from touchline.adapters.duckdb.workplace import workplace
from touchline.domain.archive import ArchivedEvent
from touchline.errors import UnknownColumn

DAY = "2026-11-22"
FILES = DuckDbEventFiles(memory="256MB")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
integers = st.integers(-(2**63), 2**63 - 1)


def values_of(spec: dict[str, str] | str) -> st.SearchStrategy[Any]:
    if isinstance(spec, dict):
        return st.fixed_dictionaries({}, optional={name: values_of(inner) for name, inner in spec.items()})
    return {"BIGINT": integers, "VARCHAR": texts, "VARCHAR[]": st.lists(texts, max_size=5)}[spec]


documents = st.fixed_dictionaries(
    {"@timestamp": st.integers(0, 2**42), "sequence": integers, "tenant": st.just("acme")},
    optional={
        name: values_of(spec) for name, spec in FIELDS.items() if name not in {"@timestamp", "sequence", "tenant"}
    },
)


def round_trip(kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    events = [ArchivedEvent(str(n), "acme", DAY, orjson.dumps(document)) for n, document in enumerate(kept)]
    with FILES.merging() as merge:
        merge.add(events)
        merged = merge.merge(DAY, None)
    found = {event.id: orjson.loads(event.document) for event in FILES.read(DAY, merged.events)}
    return [found[str(n)] for n in range(len(kept))]


@settings(max_examples=25, deadline=None)
@given(st.lists(documents, min_size=1, max_size=8))
def test_documents_come_back_as_they_were(kept: list[dict[str, Any]]) -> None:
    assert round_trip(kept) == kept


@pytest.mark.parametrize(
    "text", ["", "null", "\x00", "a\x00b", "𝕏 😀 \u202e", "\\u0000", '"', "1e400", "2026-11-22", "\n"]
)
def test_text_stays_that_text(text: str) -> None:
    document = {
        "@timestamp": 1,
        "sequence": 1,
        "tenant": "acme",
        "id": text,
        "properties": [text, text],
        "actor": {"id": text},
    }
    assert round_trip([document]) == [document]


def test_an_empty_group_is_not_an_absent_one() -> None:
    kept = [{"@timestamp": 1, "sequence": 1, "tenant": "acme", "actor": {}, "properties": []}]
    kept.append({"@timestamp": 1, "sequence": 2, "tenant": "acme"})
    assert round_trip(kept) == kept


@pytest.mark.parametrize("more", [{"extra": 1}, {"actor": {"extra": 1}}])
def test_a_field_without_a_column_is_not_dropped_silently(more: dict[str, Any]) -> None:
    with pytest.raises(UnknownColumn, match="extra"):
        round_trip([{"@timestamp": 1, "sequence": 1, "tenant": "acme"} | more])


def test_rows_are_sorted_by_actor_then_time() -> None:
    kept = [{"@timestamp": n % 3, "sequence": n, "tenant": "acme", "actor": {"id": f"a{n % 4}"}} for n in range(24)]
    events = [ArchivedEvent(str(n), "acme", DAY, orjson.dumps(document)) for n, document in enumerate(kept)]
    with FILES.merging() as merge:
        merge.add(events)
        merged = merge.merge(DAY, None)
    read = [orjson.loads(event.document) for event in FILES.read(DAY, merged.events)]
    assert read == sorted(
        kept, key=lambda document: (document["actor"]["id"], document["@timestamp"], document["sequence"])
    )
    part = [orjson.loads(event.document) for event in FILES.read(DAY, merged.events, start=5, rows=7)]
    assert part == read[5:12]


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    round_trip([{"@timestamp": 1, "sequence": 1, "tenant": "acme"}])
    with pytest.raises(UnknownColumn):
        round_trip([{"@timestamp": 1, "sequence": 1, "tenant": "acme", "extra": 1}])
    assert list(tmp_path.iterdir()) == []


def test_a_file_from_before_a_field_was_known_is_merged_with_events_that_have_it() -> None:
    older = {"@timestamp": 1, "sequence": 1, "tenant": "acme", "id": "old", "actor": {"id": "c1"}}
    newer = older | {"sequence": 2, "id": "new", "actor": {"id": "c1", "anonymous_id": "browser-1"}}
    with FILES.merging() as merge:
        merge.add([ArchivedEvent("new", "acme", DAY, orjson.dumps(newer))])
        current = of_earlier_columns(older)
        merge.add_ids(DAY, FILES.ids(current))
        assert merge.contested(DAY, current) == []
        merged = merge.merge(DAY, current)
    for file, kept in ((current, [older]), (merged.events, [older, newer])):
        assert [orjson.loads(event.document) for event in FILES.read(DAY, file)] == kept


def of_earlier_columns(document: dict[str, Any]) -> bytes:
    """A file as it was written when actors had four fields."""
    types = dict(FIELDS) | {"actor": dict.fromkeys(("id", "type", "email_hash", "email"), "VARCHAR")}
    with workplace("256MB") as place, place.holding(b"") as lines, place.holding(b"") as file:
        lines.write_bytes(orjson.dumps(document | {"_id": document["id"]}))
        columns = {"_id": "VARCHAR"} | {name: sql_type(spec) for name, spec in types.items()}
        told = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
        rows = f"read_json('{lines}', format = 'newline_delimited', columns = {{{told}}})"
        place.connection.execute(f"COPY (SELECT {NAMES} FROM {rows}) TO '{file}' (FORMAT parquet)")
        return file.read_bytes()
