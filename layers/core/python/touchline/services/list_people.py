"""The list behind a number: who they are, a page at a time, as many as the number says."""

import re
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from touchline.domain.queries.clock import rfc3339
from touchline.domain.sequences.behind import PeopleBehind
from touchline.errors import InvalidRequest
from touchline.ports import EventColumns

MOST_PEOPLE: Final = 100_000  # of a page; each is an id or several
CURSOR: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)


def list_people(
    behind: PeopleBehind, tenant: str, zone: ZoneInfo, columns: EventColumns, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """In the order of their keys, so that a page begins where the last one ended, whoever came in between."""
    people = np.sort(behind.people)
    start = 0 if cursor is None else int(np.searchsorted(people, np.uint64(_read(cursor)), "right"))
    page = people[start : start + limit].tolist()
    known = columns.actors(tenant, page)
    return {
        "definition": behind.cell,
        "number": len(people),
        **({} if behind.entries is None else {"entries": behind.entries}),
        "as_of": rfc3339(behind.as_of, zone),
        "people": [_person(known.get(key, []), behind.names.get(key)) for key in page],
        "next": f"{page[-1]:016x}" if start + limit < len(people) else None,
    }


def _person(actors: list[str], name: str | None) -> dict[str, Any]:
    """`id` is null for people whose events are gone since."""
    person = actors[0] if actors else name
    return {"id": person, "actors": actors or ([] if name is None else [name])}


def _read(cursor: str) -> int:
    if not CURSOR.fullmatch(cursor):
        raise InvalidRequest("The cursor is damaged. Use `next` of the page before as it is.", field="cursor")
    return int(cursor, 16)
