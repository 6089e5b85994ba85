"""Thirty days of campaigns for benchmarks of queries: journeys of people, as one DuckDB table of document columns.

Deterministic for a number of events: every chance is a hash of what it is for. A person goes through several journeys,
each in one campaign: sent, delivered, opened, clicked, pages, a trial, an order. About one event in a hundred is an
order.
"""

from pathlib import Path
from typing import Any, Final

import duckdb

DAYS: Final = 30
DAY_MS: Final = 86_400_000
START: Final = 1_792_713_600_000  # 2026-10-23T00:00:00Z
CAMPAIGNS: Final = 20
EVENTS_A_JOURNEY: Final = 3.294  # measured
PEOPLE_AN_EVENT: Final = 0.06  # 300,000 people in 5 million events

# chance(k): uniform in [0, 1), for the journey `i` and the purpose k
SCHEMA: Final = """
CREATE MACRO chance(i, k) AS hash(i * 64 + k) / 18446744073709551616.0;
CREATE TABLE journeys AS
SELECT i, 'contact-' || lpad(floor((chance(i, 1) ** 1.4) * $people)::BIGINT::VARCHAR, 7, '0') AS person,
    floor((chance(i, 2) ** 1.5) * $campaigns)::INTEGER AS campaign,
    $start + ((chance(i, 3) * ($end - $start))::BIGINT) AS began,
    CASE WHEN chance(i, 4) < 0.5 THEN 'A' ELSE 'B' END AS variant
FROM range($journeys) numbers(i);
"""
# after (ms), action, condition on the journey, number of times
STEPS: Final = """
CREATE TABLE steps AS
SELECT i, 0 AS n, began AS happened, 'email_sent' AS action FROM journeys
UNION ALL
SELECT i, 1, began + 2000 + (chance(i, 5) * 60000)::BIGINT, 'email_delivered' FROM journeys WHERE chance(i, 6) < 0.97
UNION ALL
SELECT i, 2, began + 60000 + (-ln(1 - chance(i, 7)) * 14000000)::BIGINT, 'email_opened' FROM journeys
WHERE chance(i, 6) < 0.97 AND chance(i, 8) < CASE variant WHEN 'A' THEN 0.30 ELSE 0.36 END
UNION ALL
SELECT i, 3, began + 90000 + (-ln(1 - chance(i, 7)) * 14000000 - ln(1 - chance(i, 9)) * 40000)::BIGINT, 'link_clicked'
FROM journeys WHERE chance(i, 6) < 0.97 AND chance(i, 8) < 0.30 AND chance(i, 10) < 0.45
UNION ALL
SELECT i, 4 + v, began + 120000 + (-ln(1 - chance(i, 7)) * 14000000)::BIGINT + v * 30000, 'page_viewed'
FROM journeys, range(6) views(v) WHERE chance(i, 6) < 0.97 AND chance(i, 8) < 0.30 AND chance(i, 20 + v) < 0.45
UNION ALL
SELECT i, 11, began + 3600000 + (-ln(1 - chance(i, 11)) * 90000000)::BIGINT, 'trial_started'
FROM journeys WHERE chance(i, 12) < 0.06
UNION ALL
SELECT i, 12, began + 7200000 + (-ln(1 - chance(i, 13)) * 190000000)::BIGINT, 'order_completed'
FROM journeys WHERE chance(i, 14) < 0.034 + 0.0006 * campaign;
"""
EVENTS: Final = """
CREATE TABLE events AS
SELECT happened AS "@timestamp", NULL::BIGINT AS original_timestamp, happened * 1000000 + (i % 900) AS "sequence",
    $tenant AS tenant, i || '-' || n AS id, action, NULL::VARCHAR AS action_raw,
    {'id': person, 'type': 'contact'} AS actor,
    CASE WHEN action = 'page_viewed' THEN {'type': 'page', 'id': '/page-' || (i % 40), 'name': NULL::VARCHAR} END
        AS object,
    {'campaign': 'campaign-' || campaign, 'journey': 'journey-' || (campaign % 5),
     'channel': CASE campaign % 4 WHEN 0 THEN 'email' WHEN 1 THEN 'social' WHEN 2 THEN 'paid-search' ELSE 'webinar' END,
     'message': 'campaign-' || campaign || '-' || variant, 'variant': variant,
     'segment': 'segment-' || (hash(person) % 4)} AS context,
    CASE WHEN action = 'page_viewed' THEN {'id': '/page-' || (i % 40), 'type': 'page'} END AS resource,
    CASE WHEN action = 'order_completed'
         THEN {'amount_e4': (100000 + (chance(i, 15) * 5000000)::BIGINT), 'currency': 'EUR'} END AS "value",
    ['country=' || ['DE', 'FR', 'GB', 'US', 'NL'][1 + (hash(person) % 5)::BIGINT],
     'plan=' || ['free', 'pro'][1 + (i % 2)]] AS properties
FROM steps JOIN journeys USING (i) WHERE happened < $end;
"""


def make_events(folder: Path, events: int, tenant: str) -> Path:
    """A Parquet file of about so many events, in no order that helps anybody."""
    target = folder / f"{tenant}-{events}.parquet"
    if target.exists():
        return target
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        values: dict[str, Any] = {
            "people": round(events * PEOPLE_AN_EVENT),
            "campaigns": CAMPAIGNS,
            "start": START,
            "end": START + DAYS * DAY_MS,
            "journeys": round(events / EVENTS_A_JOURNEY),
        }
        connection.execute(_filled(SCHEMA, values))
        connection.execute(STEPS)
        connection.execute(_filled(EVENTS, values | {"tenant": f"'{tenant}'"}))
        being_written = target.with_suffix(".part")
        connection.execute(f"COPY (FROM events ORDER BY \"@timestamp\") TO '{being_written}' (FORMAT parquet)")
        being_written.rename(target)
    return target


def _filled(text: str, values: dict[str, Any]) -> str:
    """DDL takes no parameters."""
    for name, value in values.items():
        text = text.replace(f"${name}", str(value))
    return text
