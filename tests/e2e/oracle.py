"""The same questions answered by DuckDB from the very lines that were sent: another engine that shares no code.

A person is who an actor turned out to be: an actor that some event names as `anonymous_id` is that event's actor.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import duckdb

LOAD: Final = """
CREATE TABLE sent AS SELECT id, action, epoch_ms("timestamp"::TIMESTAMPTZ) AS happened, actor, context, "value", arrival
FROM (SELECT *, row_number() OVER () AS arrival FROM read_json('{file}', format = 'newline_delimited', columns = {{
    id: 'VARCHAR', "timestamp": 'VARCHAR', action: 'VARCHAR',
    actor: 'STRUCT(id VARCHAR, anonymous_id VARCHAR)',
    context: 'STRUCT(campaign VARCHAR, channel VARCHAR, message VARCHAR, variant VARCHAR)',
    "value": 'STRUCT(amount VARCHAR, currency VARCHAR)'}}))
QUALIFY row_number() OVER (PARTITION BY id ORDER BY arrival) = 1;
CREATE TABLE known AS SELECT actor.anonymous_id AS visitor, any_value(actor.id) AS person FROM sent
WHERE actor.anonymous_id IS NOT NULL GROUP BY ALL;
CREATE TABLE events AS SELECT sent.*, coalesce(known.person, actor.id) AS person
FROM sent LEFT JOIN known ON known.visitor = actor.id;
"""
DAY: Final = 86_400_000


class Oracle:
    def __init__(self, lines: Iterable[bytes], folder: Path) -> None:
        file = folder / "sent.ndjson"
        file.write_bytes(b"\n".join(lines))
        self._run = duckdb.connect()
        self._run.execute("SET timezone = 'UTC'")
        self._run.execute(LOAD.format(file=file))

    def events(self) -> int:
        return int(self._ask("SELECT count(*) FROM events")[0][0])

    def per_day(self, what: str) -> dict[int, int]:
        return dict(self._ask(f"SELECT happened // {DAY} AS day, {what} FROM events GROUP BY ALL"))

    def funnel(self, steps: tuple[str, ...], window: int) -> list[int]:
        """Whether there is a chain of so many steps, by joining each step to the ones before."""
        found = []
        for length in range(1, len(steps) + 1):
            tables = ", ".join(f"events e{n}" for n in range(length))
            wanted = [f"e{n}.action = '{steps[n]}' AND e{n}.person = e0.person" for n in range(length)]
            wanted += [f"e{n}.happened > e{n - 1}.happened" for n in range(1, length)]
            wanted.append(f"e{length - 1}.happened - e0.happened <= {window}")
            asked = f"SELECT count(DISTINCT e0.person) FROM {tables} WHERE {' AND '.join(wanted)}"
            found.append(int(self._ask(asked)[0][0]))
        return found

    def retention(self, start: int, period: int, periods: int) -> list[list[int]]:
        """By period of first being seen: who was seen in it, and in each period after it."""
        rows = self._ask(f"""
            WITH seen AS (SELECT DISTINCT person, (happened - {start}) // {period} AS period FROM events),
            first AS (SELECT person, min(period) AS first FROM seen GROUP BY ALL)
            SELECT first, period - first AS later, count(*) FROM seen JOIN first USING (person) GROUP BY ALL""")
        cells = {(first, later): people for first, later, people in rows}
        return [[cells.get((first, k), 0) for k in range(periods - first)] for first in range(periods)]

    def cohorts(self, campaign: str, goal: str) -> list[tuple[int, int, int]]:
        """Day of first entry, how many entered, how many converted at or after that."""
        return self._ask(f"""
            WITH entries AS (SELECT person, min(happened) AS entered FROM events
                WHERE action = 'email_sent' AND context.campaign = '{campaign}' GROUP BY ALL)
            SELECT entered // {DAY}, count(*), count(*) FILTER (EXISTS (SELECT 1 FROM events
                WHERE events.person = entries.person AND action = '{goal}' AND happened >= entered))
            FROM entries GROUP BY ALL ORDER BY ALL""")

    def credits(
        self, goal: str, touches: tuple[str, ...], lookback: int, by: str, model: str
    ) -> dict[str | None, float]:
        """Credit by value of a context field, with the unattributed under ''."""
        share = {"first": "(place = 1)::INT", "last": "(place = n)::INT", "linear": "1.0 / n"}[model]
        rows = self._ask(f"""
            WITH pairs AS (
                SELECT c.id AS conversion, t.context.{by} AS value,
                    row_number() OVER (PARTITION BY c.id ORDER BY t.happened, t.arrival, t.id) AS place,
                    count(*) OVER (PARTITION BY c.id) AS n
                FROM events c JOIN events t ON t.person = c.person
                WHERE c.action = '{goal}' AND t.action IN {touches} AND t.id <> c.id
                    AND t.happened <= c.happened AND c.happened - t.happened <= {lookback})
            SELECT value, sum({share}) FROM pairs GROUP BY ALL
            UNION ALL
            SELECT '', count(*) FROM events
            WHERE action = '{goal}' AND id NOT IN (SELECT conversion FROM pairs)""")
        return {value: float(credit) for value, credit in rows}

    def arms(self, campaign: str, outcome: str) -> dict[str, tuple[int, int]]:
        """By variant: contacts exposed to one alone, and those who did the outcome at or after it."""
        rows = self._ask(f"""
            WITH exposed AS (SELECT person, min(happened) AS first, any_value(context.variant) AS arm FROM events
                WHERE action = 'email_sent' AND context.campaign = '{campaign}'
                GROUP BY person HAVING count(DISTINCT context.variant) = 1)
            SELECT arm, count(*), count(*) FILTER (EXISTS (SELECT 1 FROM events
                WHERE events.person = exposed.person AND action = '{outcome}' AND happened >= first))
            FROM exposed GROUP BY ALL""")
        return {arm: (contacts, converted) for arm, contacts, converted in rows}

    def actions(self, action: str) -> int:
        return int(self._ask("SELECT count(*) FROM events WHERE action = ?", [action])[0][0])

    def _ask(self, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        return self._run.execute(sql, values or []).fetchall()
