"""Pages of events: cursors that survive the trip, ties that stay together, answers that fit."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.queries.listing import MOST_PAGE_BYTES, Position, cut_page, position_of, read_cursor, write_cursor
from touchline.errors import InvalidRequest


def document(at: int, sequence: int, text: str = "") -> dict[str, object]:
    return {"@timestamp": at, "sequence": sequence, "properties": [f"text={text}"]}


@given(at=st.integers(0, 2**50), sequence=st.integers(0, 2**62), newest_first=st.booleans())
def test_a_cursor_comes_back_as_it_was(at: int, sequence: int, newest_first: bool) -> None:  # noqa: FBT001
    cursor = write_cursor(Position(at, sequence), newest_first=newest_first)
    assert read_cursor(cursor, newest_first=newest_first) == Position(at, sequence)
    with pytest.raises(InvalidRequest, match="other order"):
        read_cursor(cursor, newest_first=not newest_first)


@given(cursor=st.text(max_size=60))
def test_any_text_is_a_cursor_or_refused(cursor: str) -> None:
    with suppress(InvalidRequest):
        assert isinstance(read_cursor(cursor, newest_first=True), Position)


@given(places=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=20), limit=st.integers(1, 20))
def test_events_that_share_a_place_are_on_one_page_where_they_fit(places: list[tuple[int, int]], limit: int) -> None:
    documents = [document(*place) for place in sorted(places)][: limit + 1]
    page, more = cut_page(documents, limit)
    assert 0 < len(page) <= limit or not documents
    assert page == documents[: len(page)]
    assert more == (len(page) < len(documents))
    shared = more and position_of(page[-1]) == position_of(documents[len(page)])
    assert not shared or len({position_of(one) for one in page}) == 1


def test_a_page_ends_before_the_answer_is_too_large() -> None:
    documents = [document(number, 0, "x" * (MOST_PAGE_BYTES // 3)) for number in range(5)]
    assert [len(part) if isinstance(part, list) else part for part in cut_page(documents, 500)] == [2, True]
    huge = [document(number, 0, "x" * (2 * MOST_PAGE_BYTES)) for number in range(2)]
    assert cut_page(huge, 500) == (huge[:1], True)
