"""Leads deleted, and moved between partitions."""

from collections.abc import Sequence
from typing import Final

from local.marketo_simulator.activity_log import CHANGE_PARTITION, DELETE_LEAD, Activity, log_activities
from local.marketo_simulator.clock import timestamp
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.records import Result, outcome, records, skipped
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes, is_number
from local.marketo_simulator.store import Store

WRITE: Final = "Read-Write Lead"
SOURCE: Final = "Web service API"

routes = Routes()


@routes.delete("/rest/v1/leads.json", permission=WRITE)
@routes.post("/rest/v1/leads/delete.json", permission=WRITE)
def delete_leads(instance: Instance, request: Request) -> Body:
    wanted = lead_ids(request)
    with instance.store.writing() as cursor:
        there = existing(instance.store, wanted)
        now = instance.clock.now()
        cursor.execute(
            'insert into deleted_leads select id, ?, "firstName", "lastName" from leads '
            "where id in (select unnest(?::bigint[]))",
            [timestamp(now), sorted(there)],
        )
        remove_leads(instance.store, sorted(there))
        log_activities(cursor, (Activity(lead, DELETE_LEAD) for lead in sorted(there)), now)
    return {"result": [outcome(lead, "deleted" if lead in there else None) for lead in wanted]}


def lead_ids(request: Request) -> list[int]:
    """From the body's records, or from `id` in the query; at most 300."""
    given = [row.get("id") for row in records(request.json())] if request.body.strip() and not request.form else []
    texts = [str(one) for one in given] or request.values("id")
    if not texts:
        raise Refusal("1002", "Missing value for required parameter 'id'")
    if len(texts) > 300:
        raise Refusal("1003", f"Too many records: {len(texts)} of at most 300")
    for text in texts:
        if not is_number(text):
            raise Refusal("1001", f"Invalid value '{text}'. Required of type 'Long'")
    return [int(text) for text in texts]


def existing(store: Store, leads: Sequence[int]) -> set[int]:
    rows = store.rows("select id from leads where id in (select unnest(?::bigint[]))", [list(leads)])
    return {row["id"] for row in rows}


def remove_leads(store: Store, leads: Sequence[int]) -> None:
    with store.writing() as cursor:
        for table, name in (("static_list_members", "lead"), ("program_members", "lead"), ("leads", "id")):
            cursor.execute(f"delete from {table} where {name} in (select unnest(?::bigint[]))", [list(leads)])


@routes.post("/rest/v1/leads/partitions.json", permission=WRITE)
def move_leads(instance: Instance, request: Request) -> Body:
    results: list[Result] = []
    with instance.store.writing() as cursor:
        partitions = {row["name"]: row["id"] for row in instance.store.rows("select id, name from partitions")}
        for row in records(request.json()):
            lead, partition = row.get("id"), partitions.get(str(row.get("partitionName")))
            if partition is None:
                results.append(skipped("1008", f"Lead partition '{row.get('partitionName')}' not found", lead))
                continue
            moved = cursor.execute(
                'update leads set "leadPartitionId" = ?, changed_at = ? where id = ? returning id',
                [partition, timestamp(instance.clock.now()), lead],
            ).fetchall()
            done = [Activity(number, CHANGE_PARTITION, partition, row["partitionName"]) for (number,) in moved]
            log_activities(cursor, done, instance.clock.now())
            results.append(outcome(int(str(lead)), "updated" if moved else None))
    return {"result": results}
