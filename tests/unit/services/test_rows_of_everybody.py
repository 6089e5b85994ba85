"""All people's events at once: as read in parts, or refused before memory is gone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.joining import join_coded, joined
from touchline.domain.sequences.rows import Coded, EventRows, Part, RowsQuestion
from touchline.errors import RangeTooWide
from touchline.services import parts_of_people
from touchline.services.rows_of_everybody import rows_of_everybody
from touchline.services.sources import Sources, Unhurried

from tests.unit.services.sequences.asking import DAY, NOW, START, document, documents, sources_of

CAMPAIGN = Field("context.campaign", "text")
ASKED = RowsQuestion(TimeRange(START - 2 * DAY, NOW), fields=(CAMPAIGN,), ids=True, sequences=True, amounts=True)


def told(rows: EventRows) -> dict[int, list[object]]:
    """Each person's events, in order."""
    found: dict[int, list[object]] = {}
    assert rows.ids is not None
    assert rows.sequences is not None
    for place, person in enumerate(rows.people.tolist()):
        event = rows.at[place], rows.ids[place], rows.sequences[place], rows.fields[CAMPAIGN.name].of(place)
        found.setdefault(person, []).append(event)
    assert len(rows.starts()) - 1 == len(found)  # adjacent
    return found


@given(documents(), st.integers(1, 5))
def test_parts_of_the_people_together_are_everybody(made: list[dict[str, object]], of: int) -> None:
    columns = sources_of(made).columns
    parts = [columns.rows("acme", RowsQuestion(ASKED.span, fields=ASKED.fields, ids=True, sequences=True,
                                               amounts=True, part=Part(n, of))) for n in range(of)]  # fmt: skip
    together = joined(parts)
    assert told(together) == told(columns.rows("acme", ASKED))
    assert together.fields[CAMPAIGN.name].values[0] == ()


def test_values_that_are_alike_and_not_the_same_keep_apart() -> None:
    one = Coded(np.array([1, 2, 0], np.int32), ((), (1,), ("a", "b")))
    other = Coded(np.array([1, 2, 3], np.int32), ((), (True,), ("a", "b"), (1,)))
    found = join_coded([one, other])
    assert [found.of(n) for n in range(6)] == [(1,), ("a", "b"), (), (True,), ("a", "b"), (1,)]
    assert [type(found.of(n)[0]) for n in (0, 3, 5)] == [int, bool, int]
    assert found.codes[1] == found.codes[4]


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> Sources:
    """A hundred people's events, read 20 at a time."""
    monkeypatch.setattr(parts_of_people, "EVENTS_A_PART", 20)
    return sources_of(document(n, START + n, f"p{n}", "sent" if n % 10 else "paid", None, ()) for n in range(100))


def test_more_than_fit_are_refused_with_what_would_work(many: Sources) -> None:
    with pytest.raises(RangeTooWide, match=r"About \d of the 7 days .* or a segment") as refused:
        rows_of_everybody(ASKED, "acme", many, Unhurried(), most=50)
    assert refused.value.field == "range"
    assert len(rows_of_everybody(ASKED, "acme", many, Unhurried(), most=100)) == 100


def test_of_many_events_few_that_are_wanted_are_read(many: Sources) -> None:
    read = []
    rows, columns = many.columns.rows, many.columns
    columns.rows = lambda tenant, question: (read.append(question.part), rows(tenant, question))[1]  # type: ignore[method-assign,func-returns-value]
    paid = RowsQuestion(ASKED.span, filters=(Filter(Field("action", "text"), "eq", ("paid",)),))
    assert len(rows_of_everybody(paid, "acme", many, Unhurried(), most=50)) == 10
    assert len(read) == 5
