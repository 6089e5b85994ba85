"""Changes reach Marketo whole, in the fewest calls, and nothing beside them."""

import csv
import io
from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.leads.changes import CHANGES
from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.write_batches import (
    WORTH_A_FILE,
    ImportFile,
    Rows,
    failed_ids,
    same_value,
    typed,
    write_batches,
)

FIELDS = {
    "note": LeadField("note", "Note", "string", 255),
    "score": LeadField("score", "Score", "integer"),
    "agreed": LeadField("agreed", "Agreed", "boolean"),
}

type Wanted = dict[int, dict[str, str | None]]


def changes(wanted: Wanted) -> pl.DataFrame:
    rows = [
        (lead, name, "before", value, "rule", "key", "reason")
        for lead, fields in wanted.items()
        for name, value in fields.items()
    ]
    return pl.DataFrame(rows, CHANGES, orient="row")


def written(batches: Iterable[ImportFile | Rows]) -> dict[int, dict[str, Any]]:
    """What Marketo makes of it: `null` clears."""
    found: dict[int, dict[str, Any]] = {}
    for batch in batches:
        if isinstance(batch, Rows):
            assert len(batch.rows) <= 300
            rows: list[dict[str, Any]] = [dict(row) for row in batch.rows]
        else:
            rows = [
                {name: None if value == "null" else value for name, value in row.items()}
                for row in csv.DictReader(io.StringIO(batch.csv.decode(), newline=""))
            ]
            assert len(rows) == batch.leads
        for row in rows:
            lead = int(row.pop("id"))
            assert lead not in found
            found[lead] = row
    return found


texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda text: text != "null"
)
values = st.fixed_dictionaries(
    {},
    optional={
        "note": texts,
        "score": st.none() | st.integers(-5, 5).map(str),
        "agreed": st.none() | st.sampled_from(["true", "false"]),
    },
).filter(bool)


@given(st.dictionaries(st.integers(1, 10**12), values, max_size=30))
def test_each_lead_is_written_once_with_its_own_fields_alone(wanted: Wanted) -> None:
    expected = {
        lead: {name: typed(value, FIELDS[name].data_type) for name, value in fields.items()}
        for lead, fields in wanted.items()
    }
    assert written(write_batches(changes(wanted), FIELDS)) == expected


@given(st.permutations(range(1, 30)))
def test_the_order_of_changes_says_nothing(order: list[int]) -> None:
    wanted: Wanted = {lead: {"note": str(lead)} | ({"score": "1"} if lead % 2 else {}) for lead in range(1, 30)}
    shuffled = {lead: wanted[lead] for lead in order}
    assert list(write_batches(changes(shuffled), FIELDS)) == list(write_batches(changes(wanted), FIELDS))


def test_many_leads_with_the_same_fields_are_a_file_and_the_others_are_rows() -> None:
    alike: Wanted = {lead: {"note": 'x, "y"\nz', "score": None} for lead in range(1, WORTH_A_FILE + 2)}
    others: Wanted = {lead: {"note": "x"} for lead in range(10_000, 10_000 + WORTH_A_FILE)}
    file, *rows = list(write_batches(changes(alike | others), FIELDS))
    assert isinstance(file, ImportFile)
    assert file.leads == WORTH_A_FILE + 1
    assert [len(one.rows) for one in rows if isinstance(one, Rows)] == [300] * (WORTH_A_FILE // 300)
    assert written([file])[1] == {"note": 'x, "y"\nz', "score": None}


def test_a_file_is_never_larger_than_an_import_takes() -> None:
    wanted: Wanted = {lead: {"note": "x" * 200} for lead in range(1, 3_000)}
    files = list(write_batches(changes(wanted), FIELDS, limit=50_000))
    assert len(files) > 10
    assert all(isinstance(file, ImportFile) and len(file.csv) <= 50_000 for file in files)
    assert sorted(written(files)) == list(range(1, 3_000))


def test_what_undoes_them_writes_what_was_before() -> None:
    wanted: Wanted = {1: {"note": "after"}}
    assert written(write_batches(changes(wanted), FIELDS, column="before")) == {1: {"note": "before"}}


@pytest.mark.parametrize(
    ("read", "wanted", "data_type", "same"),
    [
        (None, None, "string", True),
        ("", None, "string", True),
        (None, "x", "string", False),
        ("x", None, "string", False),
        ("x", "x", "string", True),
        (True, "true", "boolean", True),
        ("false", "true", "boolean", False),
        (False, None, "boolean", True),
        (None, "false", "boolean", True),
        ("0", "false", "boolean", True),
        (True, None, "boolean", False),
        (5, "5", "integer", True),
        (5.0, "5", "float", True),
        (0, "0", "integer", True),
        (0, None, "integer", False),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "datetime", True),
    ],
)
def test_what_is_read_is_what_was_written(read: Any, wanted: str | None, data_type: str, *, same: bool) -> None:
    assert same_value(read, wanted, data_type) is same


def test_rows_that_were_refused_are_known_by_their_id() -> None:
    assert failed_ids([{"id": "7"}, {"id": 3}, {"id": ""}, {"email": "x"}]) == [3, 7]
