"""Leads that were taken out of an extract are read as they were in it."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from touchline.domain.leads.extract import read_leads
from touchline.services.marketo.part_files import frame_as_csv

CELLS = st.none() | st.sampled_from(
    ["null", '"null"', " null", "5", "1e5", "nan", "a,b", 'q"uo', "two\nlines", "c\rr", "crlf\r\n", "\0", "\u2028", " "]
) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 2**62), CELLS, CELLS), max_size=6))
def test_they_are_read_as_they_were(rows: list[tuple[int, str | None, str | None]]) -> None:
    leads = pl.DataFrame(rows, {"id": pl.Int64, "firstName": pl.String, "lastName": pl.String}, orient="row")
    assert_frame_equal(read_leads(frame_as_csv(leads)), leads)


@given(st.lists(st.integers(1, 2**62), max_size=3))
def test_ids_alone_are_as_well(ids: list[int]) -> None:
    leads = pl.DataFrame({"id": ids}, {"id": pl.Int64})
    assert_frame_equal(read_leads(frame_as_csv(leads)), leads)
