"""Events of all people at once, for what cannot be answered part by part; no more of them than there is memory for."""

from dataclasses import replace
from typing import Final

from touchline.domain.queries.clock import DAY
from touchline.domain.sequences.joining import joined
from touchline.domain.sequences.rows import EventRows, Part, RowsQuestion
from touchline.errors import RangeTooWide
from touchline.services.parts_of_people import by_parts
from touchline.services.sources import Sources, Work

# With what is computed of them a row takes some 150 bytes, and a function has 3.5 GB.
MOST_ROWS: Final = 10_000_000


def rows_of_everybody(
    question: RowsQuestion, tenant: str, sources: Sources, work: Work, *, most: int = MOST_ROWS
) -> EventRows:
    """Read a part of the people at a time where there are more than `most` events. Raises RangeTooWide where more than
    `most` of them are wanted."""
    events = sources.columns.extent(tenant, question.span).events
    if events <= most:
        return sources.columns.rows(tenant, question)
    found: list[int] = []  # two parts are read at a time

    def read(part: Part) -> EventRows:
        rows = sources.columns.rows(tenant, replace(question, part=part))
        found.append(len(rows))
        if sum(found) > most:
            raise _too_many(question, most * (part.number + 1) // part.of, sum(found))
        return rows

    return joined(by_parts(events, work, read))


def _too_many(question: RowsQuestion, share: int, found: int) -> RangeTooWide:
    """`share` of the events would fit where `found` are."""
    span = question.span
    days = max(1, (span.end - span.start) * share // found // DAY)
    return RangeTooWide(
        f"The answer would be made of more events than can be held at once. About {days:,} of the "
        f"{max(1, -(-(span.end - span.start) // DAY)):,} days that it reads would work, or a segment of the people.",
        field="range",
    )
