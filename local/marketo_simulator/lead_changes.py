"""Writes leads: rows in, only what differs is changed, with its time and its activities."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from local.marketo_simulator.activity_log import (
    CHANGE_DATA_VALUE,
    CHANGE_SCORE,
    NEW_LEAD,
    Activity,
    log_activities,
)
from local.marketo_simulator.clock import timestamp
from local.marketo_simulator.lead_book import column, lead_fields
from local.marketo_simulator.lead_fields import LeadFieldSpec, sql_type
from local.marketo_simulator.lead_values import to_json
from local.marketo_simulator.store import Store

type Values = Mapping[str, Any]


def change_leads(store: Store, changes: Mapping[int, Values], now: int, *, source: str) -> None:
    """`changes`: by id, values as the store keeps them. Leads that are gone are left out; equal values change nothing.

    An unsubscription is durable: it spreads to every lead with the same address.
    """
    fields = lead_fields(store)
    with store.writing() as cursor:
        before = read_values(store, list(changes), {name for values in changes.values() for name in values})
        differing = {
            lead: {name: value for name, value in changes[lead].items() if value != old[name]}
            for lead, old in before.items()
        }
        _write(cursor, fields, {lead: values for lead, values in differing.items() if values}, now)
        log_activities(cursor, _activities(fields, before, differing, source), now)
        spread_unsubscriptions(cursor, [lead for lead, values in differing.items() if values.get("unsubscribed")], now)


def read_values(store: Store, leads: Sequence[int], names: Iterable[str]) -> dict[int, dict[str, Any]]:
    columns = ", ".join(column(name) for name in sorted({"id", *names}))
    rows = store.rows(
        f"select {columns} from leads where id in (select unnest(?::bigint[])) order by id", [list(leads)]
    )
    return {row["id"]: row for row in rows}


def _write(
    cursor: duckdb.DuckDBPyConnection, fields: Mapping[str, LeadFieldSpec], changes: Mapping[int, Values], now: int
) -> None:
    """One statement for all leads that change the same fields."""
    by_fields: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for lead, values in changes.items():
        by_fields[tuple(sorted(values))].append(lead)
    for names, leads in by_fields.items():
        new = ", ".join(f"unnest(?::{sql_type(fields[name].data_type)}[]) as v{i}" for i, name in enumerate(names))
        settings = ", ".join(f"{column(name)} = new.v{i}" for i, name in enumerate(names))
        cursor.execute(
            f'update leads set {settings}, "updatedAt" = ?, changed_at = ? '
            f"from (select unnest(?::bigint[]) as lead, {new}) new where leads.id = new.lead",
            [timestamp(now), timestamp(now), leads, *([changes[lead][name] for lead in leads] for name in names)],
        )


def _activities(
    fields: Mapping[str, LeadFieldSpec], before: Mapping[int, Values], changes: Mapping[int, Values], source: str
) -> Iterable[Activity]:
    for lead, values in changes.items():
        for name, value in values.items():
            old, new = to_json(before[lead][name]), to_json(value)
            field = fields[name]
            if field.data_type == "score":
                attributes = {"Old Value": old, "New Value": new, "Change Value": (new or 0) - (old or 0)}
                yield Activity(lead, CHANGE_SCORE, field.number, field.display_name, attributes)
            else:
                attributes = {"Old Value": old, "New Value": new, "Source": source}
                yield Activity(lead, CHANGE_DATA_VALUE, field.number, field.display_name, attributes)


def spread_unsubscriptions(cursor: duckdb.DuckDBPyConnection, leads: Sequence[int], now: int) -> None:
    if leads:
        cursor.execute(
            """
            update leads set unsubscribed = true, "updatedAt" = $now, changed_at = $now
            where not coalesce(unsubscribed, false) and lower(email) in
                (select lower(email) from leads where id in (select unnest($leads::bigint[])) and email is not null)
            """,
            {"now": timestamp(now), "leads": list(leads)},
        )


def add_leads(store: Store, rows: Sequence[Values], now: int, *, partition: int, source: str) -> list[int]:
    """Their ids, in order. Values as the store keeps them."""
    if not rows:
        return []
    fields = lead_fields(store)
    with store.writing() as cursor:
        wanted = cursor.execute("select nextval('lead_ids') from range(?)", [len(rows)]).fetchall()
        ids = sorted(number for (number,) in wanted)
        moment = timestamp(now)
        whole = [
            {"unsubscribed": False, "originalSourceType": source, **row, "id": lead, "leadPartitionId": partition}
            | {"createdAt": moment, "updatedAt": moment}
            for lead, row in zip(ids, rows, strict=True)
        ]
        names = sorted({name for row in whole for name in row})
        new = ", ".join(f"unnest(?::{sql_type(fields[name].data_type)}[])" for name in names)
        cursor.execute(
            f"insert into leads ({', '.join(map(column, names))}, changed_at) select {new}, ?::timestamp",
            [*([row.get(name) for row in whole] for name in names), moment],
        )
        log_activities(cursor, (Activity(lead, NEW_LEAD, attributes={"Source Type": source}) for lead in ids), now)
        spread_unsubscriptions(cursor, [row["id"] for row in whole if row["unsubscribed"]], now)
        _inherit_unsubscription(cursor, ids)
    return ids


def _inherit_unsubscription(cursor: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> None:
    cursor.execute(
        """
        update leads set unsubscribed = true where id in (select unnest($ids::bigint[])) and not unsubscribed
            and lower(email) in (select lower(email) from leads where unsubscribed and email is not null)
        """,
        {"ids": list(ids)},
    )
