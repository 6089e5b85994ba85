"""What happens to leads leaves activities, whoever causes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
import orjson

from local.marketo_simulator.clock import timestamp

NEW_LEAD: Final = 12
CHANGE_DATA_VALUE: Final = 13
CHANGE_SCORE: Final = 22
ADD_TO_LIST: Final = 24
REMOVE_FROM_LIST: Final = 25
MERGE_LEADS: Final = 32
DELETE_LEAD: Final = 37
CHANGE_PARTITION: Final = 100


@dataclass(frozen=True, slots=True)
class Activity:
    """`asset` and `asset_name` are the primary attribute's value id and value."""

    lead: int
    type: int
    asset: int | None = None
    asset_name: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def log_activities(cursor: duckdb.DuckDBPyConnection, activities: Iterable[Activity], now: int) -> None:
    """In the caller's transaction."""
    rows = list(activities)
    if not rows:
        return
    cursor.execute(
        """
        insert into activities
        select nextval('activity_guids'), unnest(?::bigint[]), ?, unnest(?::integer[]), null, unnest(?::bigint[]),
               unnest(?::varchar[]), unnest(?::varchar[])
        """,
        [
            [one.lead for one in rows],
            timestamp(now),
            [one.type for one in rows],
            [one.asset for one in rows],
            [one.asset_name for one in rows],
            [orjson.dumps(dict(one.attributes)).decode() for one in rows],
        ],
    )
