"""What every answer begins with: its definition, what it is about, how exact it is and as of when."""

from collections.abc import Mapping, Sequence
from typing import Any

from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.scope import Scope


def exactly(*notes: str) -> dict[str, Any]:
    """`accuracy` of an answer that is no estimate."""
    return {"exact": True, "bound": None, "notes": list(notes)}


def answer_head(
    definition: str,
    scope: Scope,
    *,
    as_of: int,
    interval: Interval | None = None,
    accuracy: Mapping[str, Any] | None = None,  # exact unless given
    index: Mapping[str, Any] | None = None,  # Freshness.of, for answers out of the search store
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """`as_of` in epoch ms: everything known by then is in the answer. Add the answer's own parts to it."""
    head: dict[str, Any] = {"definition": definition, **scope.facts()}
    if interval is not None:
        head["interval"] = interval.describe()
    head["accuracy"] = dict(accuracy or exactly())
    head["as_of"] = rfc3339(as_of, scope.zone)
    if index is not None:
        head["index"] = dict(index)
    head["notes"] = list(notes)
    return head
