"""One tenant's new events merged into its days: the first accepted version of an id counts, in any order of arrival."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from touchline.adapters.duckdb.columns import CONTENT, NAMES, ORDER, json_columns, staged_lines, to_event
from touchline.adapters.duckdb.workplace import Workplace
from touchline.domain.archive import ArchivedEvent
from touchline.ports import MergedDay

FETCHED_AT_ONCE = 10_000  # rows; bounds what Python holds

# A staged line is one document: 32 KiB as accepted, at most six times that where every character is escaped.
STAGE = f"""
INSERT INTO incoming SELECT * FROM read_json($file, format = 'newline_delimited', columns = {json_columns()},
                                             maximum_object_size = 1048576)
"""
EMPTY = (
    f"CREATE TABLE incoming AS SELECT * FROM read_json($file, format = 'newline_delimited', columns = {json_columns()})"
)
KNOWN = 'CREATE TABLE known ("_id" VARCHAR, "_day" VARCHAR, "sequence" BIGINT)'
ADD_KNOWN = """
INSERT INTO known SELECT "_id", $day, "sequence" FROM read_parquet($file) SEMI JOIN incoming USING ("_id")
"""
VERSIONS = """
(SELECT "_id", "_day", "sequence" FROM incoming UNION ALL SELECT "_id", "_day", "sequence" FROM known)
"""
BEST = f"""
CREATE OR REPLACE TABLE best AS
SELECT "_id", unnest(min({{'sequence': "sequence", 'day': "_day"}})) FROM {VERSIONS} GROUP BY "_id"
"""
CHANGED_DAYS = """
SELECT DISTINCT "_day" FROM incoming
UNION SELECT known."_day" FROM known JOIN best USING ("_id") WHERE known."_day" <> best.day ORDER BY 1
"""
LOSERS = f"""
SELECT DISTINCT v."_day", "_id" FROM {VERSIONS} v JOIN best USING ("_id") WHERE v."_day" <> best.day ORDER BY 1, 2
"""
# Every version of the touched ids on a day on which they may stay.
CANDIDATES = f"""
SELECT {NAMES} FROM incoming SEMI JOIN (FROM best WHERE day = $day) USING ("_id") WHERE "_day" = $day
UNION ALL BY NAME
SELECT {NAMES} FROM read_parquet($current) SEMI JOIN (FROM best WHERE day = $day) USING ("_id")
"""
FIRST = f'QUALIFY row_number() OVER (PARTITION BY "_id" ORDER BY "sequence", {CONTENT}) = 1'
# Only ids with several versions are ranked: ranking all rows would hold them all in memory.
CONTENDERS = f"""
CREATE OR REPLACE TABLE contenders AS
SELECT "_id" FROM ({CANDIDATES}) GROUP BY "_id" HAVING count(*) > 1
"""
MERGED = f"""
SELECT {NAMES} FROM (
    SELECT {NAMES} FROM read_parquet($current) ANTI JOIN best USING ("_id")
    UNION ALL BY NAME (SELECT {NAMES} FROM ({CANDIDATES}) ANTI JOIN contenders USING ("_id"))
    UNION ALL BY NAME (SELECT {NAMES} FROM ({CANDIDATES}) SEMI JOIN contenders USING ("_id") {FIRST})
) ORDER BY {ORDER}
"""
CONTESTED = f"""
WITH candidates AS (SELECT * FROM ({CANDIDATES}) SEMI JOIN contenders USING ("_id")),
     contested AS (SELECT "_id" FROM candidates GROUP BY "_id" HAVING count(DISTINCT ({CONTENT})) > 1)
SELECT {NAMES} FROM candidates SEMI JOIN contested USING ("_id") {FIRST} ORDER BY "_id"
"""
CONCERNED = f"""
WITH versions AS (SELECT {NAMES} FROM incoming WHERE "_day" = $day
                  UNION ALL BY NAME SELECT {NAMES} FROM read_parquet($current)),
     corrected AS (SELECT "_id" FROM {VERSIONS} GROUP BY "_id" HAVING count(DISTINCT "_day") > 1
                   UNION SELECT "_id" FROM versions SEMI JOIN contenders USING ("_id")
                   GROUP BY "_id" HAVING count(DISTINCT ({CONTENT})) > 1)
SELECT DISTINCT "actor"."id" FROM versions SEMI JOIN corrected USING ("_id") ORDER BY 1
"""
ARRIVALS = f"""
SELECT {NAMES} FROM incoming SEMI JOIN (FROM best WHERE day = $day) USING ("_id")
ANTI JOIN (FROM known WHERE "_day" = $day) USING ("_id")
WHERE "_day" = $day {FIRST} ORDER BY {ORDER}
"""
WAITING = f"""
SELECT "action", count(*) FROM (
    SELECT * FROM incoming ANTI JOIN (FROM known WHERE "_day" = $day) USING ("_id") WHERE "_day" = $day {FIRST}
) WHERE "sequence" < $before GROUP BY ALL
"""
IDS = 'SELECT "_id", "sequence" FROM read_parquet($file) ORDER BY "_id"'
EVENTS_FORMAT = "(FORMAT parquet, COMPRESSION zstd)"
IDS_FORMAT = "(FORMAT parquet, COMPRESSION zstd)"


class DuckDbMerge:
    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._run = place.connection.execute
        with place.holding(b"") as nothing:
            self._run(EMPTY, {"file": str(nothing)})
        self._run(KNOWN)
        self._judged = False

    def add(self, events: Iterable[ArchivedEvent]) -> None:
        staged = self._place.new_file()
        with staged.open("wb") as file:
            file.writelines(staged_lines(events))
        self._run(STAGE, {"file": str(staged)})
        staged.unlink()
        self._judged = False

    def add_ids(self, day: str, ids: bytes) -> None:
        with self._place.holding(ids) as file:
            self._run(ADD_KNOWN, {"file": str(file), "day": day})
        self._judged = False

    def changed_days(self) -> list[str]:
        self._judge()
        return [day for (day,) in self._run(CHANGED_DAYS).fetchall()]

    def losers(self) -> dict[str, list[str]]:
        self._judge()
        found: dict[str, list[str]] = {}
        for day, id in self._run(LOSERS).fetchall():
            found.setdefault(day, []).append(id)
        return found

    def merge(self, day: str, current: bytes | None) -> MergedDay:
        self._judge()
        with self._current(current) as present, self._place.holding(b"") as events:
            self._run(CONTENDERS, {"day": day, "current": str(present)})
            self._run(f"COPY ({MERGED}) TO '{events}' {EVENTS_FORMAT}", {"day": day, "current": str(present)})
            rows = self._run("SELECT count(*) FROM read_parquet($file)", {"file": str(events)}).fetchone()[0]
            return MergedDay(events.read_bytes(), ids_of(self._place, events), rows)

    def contested(self, day: str, current: bytes | None) -> list[ArchivedEvent]:
        self._judge()
        with self._current(current) as present:
            self._run(CONTENDERS, {"day": day, "current": str(present)})
            rows = self._run(CONTESTED, {"day": day, "current": str(present)}).fetchall()
        return [to_event(row, day) for row in rows]

    def concerned(self, day: str, current: bytes | None) -> list[str]:
        self._judge()
        with self._current(current) as present:
            self._run(CONTENDERS, {"day": day, "current": str(present)})
            return [actor for (actor,) in self._run(CONCERNED, {"day": day, "current": str(present)}).fetchall()]

    def arrivals(self, day: str) -> Iterator[ArchivedEvent]:
        self._judge()
        found = self._run(ARRIVALS, {"day": day})
        yield from fetch_events(found, day)

    def waiting_actions(self, day: str, before: int) -> dict[str, int]:
        return dict(self._run(WAITING, {"day": day, "before": before}).fetchall())

    def _judge(self) -> None:
        if not self._judged:
            self._run(BEST)
            self._judged = True

    @contextmanager
    def _current(self, current: bytes | None) -> Iterator[Path]:
        """The day's present file, or one without rows."""
        with self._place.holding(current or b"") as file:
            if current is None:
                self._run(f"COPY (SELECT {NAMES} FROM incoming LIMIT 0) TO '{file}' {EVENTS_FORMAT}")
            yield file


def ids_of(place: Workplace, events: Path) -> bytes:
    with place.holding(b"") as ids:
        place.connection.execute(f"COPY ({IDS}) TO '{ids}' {IDS_FORMAT}", {"file": str(events)})
        return ids.read_bytes()


def fetch_events(found: Any, day: str) -> Iterator[ArchivedEvent]:
    while rows := found.fetchmany(FETCHED_AT_ONCE):
        for row in rows:
            yield to_event(row, day)
