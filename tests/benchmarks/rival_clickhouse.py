"""The rival: ClickHouse in process (`chdb`), loaded with the same events and asked the same questions in its SQL.

Runs in an environment of its own: `python rival_clickhouse.py EVENTS.parquet ROUNDS` prints a line of JSON for each
question: its times in ms, and its answer, so that it can be compared with ours.
"""

import json
import sys
from time import perf_counter

from chdb import session

DAY = 86_400_000
START = 1_792_713_600_000
# As good as its table can be for these questions: people as numbers, sorted by person and time.
TABLE = """
CREATE TABLE events (person UInt32, at Int64, action LowCardinality(String), campaign LowCardinality(String),
    channel LowCardinality(String), message LowCardinality(String), amount Int64)
ENGINE = MergeTree ORDER BY (person, at)
"""
LOAD = """
INSERT INTO events SELECT toUInt32(substring(actor.id, 9)), `@timestamp`, action, context.campaign, context.channel,
    context.message, ifNull(value.amount_e4, 0) FROM file('{file}', Parquet)
"""
TOUCH = "action IN ('email_opened', 'link_clicked', 'page_viewed')"
WEEK, LOOKBACK = 7 * DAY, 30 * DAY
FUNNEL = ("email_delivered", "email_opened", "link_clicked", "order_completed")
RETURNED = ", ".join(f"countIf(bitTest(weeks, first + {k}))" for k in range(5))
STEPS = ", ".join(f"action = '{step}'" for step in FUNNEL)

QUESTIONS = {
    "time series with breakdown": f"""
        SELECT intDiv(at - {START}, {DAY}) AS day, campaign, count() FROM events GROUP BY day, campaign
        ORDER BY day, campaign""",
    "exact uniques per day": f"""
        SELECT intDiv(at - {START}, {DAY}) AS day, uniqExact(person) FROM events GROUP BY day ORDER BY day""",
    # One model. The people who converted are found first: without that it takes four times as long.
    "attribution (linear) by campaign": f"""
        WITH converted AS (SELECT person FROM events WHERE action = 'order_completed'),
        people AS (
            SELECT groupArrayIf((at, campaign), {TOUCH}) AS touches,
                groupArrayIf(at, action = 'order_completed') AS conversions
            FROM events WHERE person IN converted AND ({TOUCH} OR action = 'order_completed') GROUP BY person),
        credited AS (
            SELECT arrayFilter(t -> t.1 <= conversion AND conversion - t.1 <= {LOOKBACK}, touches) AS kept
            FROM people ARRAY JOIN conversions AS conversion)
        SELECT touch.2 AS campaign, sum(1 / length(kept)) AS credit
        FROM credited ARRAY JOIN kept AS touch GROUP BY campaign ORDER BY campaign""",
    "cohort triangle": f"""
        WITH entries AS (
            SELECT person, min(at) AS entered FROM events
            WHERE campaign = 'campaign-3' AND action = 'email_sent' GROUP BY person),
        orders AS (
            SELECT person, groupArray(at) AS bought FROM events WHERE action = 'order_completed' GROUP BY person)
        SELECT intDiv(entered - {START}, {DAY}) AS day,
            if(empty(later), -1, intDiv(arrayMin(later) - entered, {DAY})) AS age, count()
        FROM (SELECT entered, arrayFilter(b -> b >= entered, bought) AS later FROM entries
              LEFT JOIN orders USING person)
        GROUP BY day, age ORDER BY day, age""",
    "comparison of two messages": """
        WITH exposed AS (
            SELECT person, argMin(message, at) AS arm, min(at) AS first, uniqExact(message) AS arms FROM events
            WHERE campaign = 'campaign-3' AND action = 'email_sent' GROUP BY person HAVING arms = 1),
        acted AS (
            SELECT person, max(at) AS last FROM events
            WHERE action = 'order_completed' GROUP BY person)
        SELECT arm, count(), countIf(acted.last >= first AND acted.last > 0) FROM exposed
        LEFT JOIN acted USING person GROUP BY arm ORDER BY arm""",
    "funnel of four steps": f"""
        SELECT level, count() FROM (
            SELECT person, windowFunnel({WEEK})(toUInt64(at), {STEPS}) AS level FROM events
            WHERE action IN {FUNNEL} GROUP BY person)
        WHERE level > 0 GROUP BY level ORDER BY level""",
    "weekly retention": f"""
        WITH seen AS (
            SELECT groupBitOr(bitShiftLeft(toUInt32(1), intDiv(at - {START}, {WEEK}))) AS weeks
            FROM events GROUP BY person)
        SELECT first, {RETURNED} FROM (
            SELECT weeks, toUInt8(log2(bitAnd(weeks, bitNot(weeks) + 1))) AS first FROM seen)
        GROUP BY first ORDER BY first""",
    "paths, three steps on": """
        SELECT arraySlice(actions, 1, 4) AS path, count() FROM (
            SELECT arrayMap(x -> x.2, arraySort(groupArray((at, action)))) AS all_actions,
                arraySlice(all_actions, indexOf(all_actions, 'email_opened')) AS actions
            FROM events GROUP BY person HAVING has(all_actions, 'email_opened'))
        GROUP BY path ORDER BY count() DESC LIMIT 50""",
}


def main(file: str, rounds: int) -> None:
    asked = session.Session()
    for statement in ("CREATE DATABASE bench", "USE bench", "SET max_threads = 2", TABLE, LOAD.format(file=file)):
        asked.query(statement)
    asked.query("OPTIMIZE TABLE events FINAL")
    for name, sql in QUESTIONS.items():
        times = []
        for _ in range(rounds + 3):
            began = perf_counter()
            answer = asked.query(sql, "JSONCompact")
            times.append((perf_counter() - began) * 1000)
        rows = json.loads(str(answer))["data"]
        print(json.dumps({"name": name, "times": times[3:], "rows": rows}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
