"""Static lists of the lead database: found, and their members read, added, removed and looked up."""

from collections.abc import Sequence
from typing import Any, Final

from local.marketo_simulator.activity_log import ADD_TO_LIST, REMOVE_FROM_LIST, Activity, log_activities
from local.marketo_simulator.clock import timestamp
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_values import to_json
from local.marketo_simulator.leads_read import READ, page_of_leads
from local.marketo_simulator.leads_write import WRITE, existing, lead_ids
from local.marketo_simulator.paging import make_token, read_after
from local.marketo_simulator.records import Result, outcome, skipped
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes, is_number
from local.marketo_simulator.store import Store

PAGE: Final = 300
FILTERS: Final = (("name", "name"), ("programName", "program"), ("workspaceName", "workspace"))

routes = Routes()


@routes.get("/rest/v1/lists.json", permission=READ)
def find_lists(instance: Instance, request: Request) -> Body:
    conditions, parameters = ["true"], list[Any]()
    if request.values("id"):
        conditions.append("id in (select unnest(?::bigint[]))")
        parameters.append([int(text) for text in request.values("id") if is_number(text)])
    for parameter, name in FILTERS:
        if request.text(parameter):
            conditions.append(f"{name} in (select unnest(?::varchar[]))")
            parameters.append(
                [text.strip() for text in (*request.query.get(parameter, ()), *request.form.get(parameter, ()))]
            )
    size = request.integer("batchSize", PAGE, most=PAGE)
    after = read_after(request)
    found = _lists(instance.store, " and ".join([*conditions, "id > ?"]), [*parameters, after], size + 1)
    page: Body = {"result": found[:size]}
    if len(found) > size:
        page["nextPageToken"] = make_token(after=found[size - 1]["id"])
    return page


@routes.get("/rest/v1/lists/{id}.json", permission=READ)
def read_list(instance: Instance, request: Request) -> Body:
    return {"result": _lists(instance.store, "id = ?", [request.number("id")], 1)}


def _lists(store: Store, condition: str, parameters: Sequence[Any], limit: int) -> list[dict[str, Any]]:
    rows = store.rows(
        'select id, name, description, program as "programName", workspace as "workspaceName", '
        'created_at as "createdAt", updated_at as "updatedAt" '
        f"from static_lists where {condition} order by id limit {limit}",
        parameters,
    )
    return [{name: to_json(value) for name, value in row.items() if value is not None} for row in rows]


@routes.get("/rest/v1/lists/{id}/leads.json", permission=READ)
@routes.get("/rest/v1/list/{id}/leads.json", permission=READ)
def read_members(instance: Instance, request: Request) -> Body:
    wanted = _wanted(instance.store, request)
    members = "select lead from static_list_members where list = ? and lead > ? order by lead limit ?"

    def next_members(after: int, limit: int) -> list[int]:
        return [row["lead"] for row in instance.store.rows(members, [wanted, after, limit])]

    return page_of_leads(instance, request, next_members)


def _wanted(store: Store, request: Request) -> int:
    number = request.number("id")
    if not store.value("select count(*) from static_lists where id = ?", [number]):
        raise Refusal("1013", f"List '{number}' not found")
    return number


@routes.post("/rest/v1/lists/{id}/leads.json", permission=WRITE)
def add_members(instance: Instance, request: Request) -> Body:
    place, wanted = _wanted(instance.store, request), lead_ids(request)
    now = instance.clock.now()
    with instance.store.writing() as cursor:
        there = existing(instance.store, wanted)
        new = sorted(there - members_among(instance.store, place, wanted))
        cursor.execute("insert into static_list_members select ?, unnest(?::bigint[]), ?", [place, new, timestamp(now)])
        _note(instance, place, new, ADD_TO_LIST, now)
    return {"result": [outcome(lead, "added" if lead in there else None) for lead in wanted]}


@routes.delete("/rest/v1/lists/{id}/leads.json", permission=WRITE)
def remove_members(instance: Instance, request: Request) -> Body:
    place, wanted = _wanted(instance.store, request), lead_ids(request)
    now = instance.clock.now()
    with instance.store.writing() as cursor:
        there, members = existing(instance.store, wanted), members_among(instance.store, place, wanted)
        cursor.execute(
            "delete from static_list_members where list = ? and lead in (select unnest(?::bigint[]))",
            [place, sorted(members)],
        )
        _note(instance, place, sorted(members), REMOVE_FROM_LIST, now)
    return {"result": [_removed(lead, there, members) for lead in wanted]}


def _removed(lead: int, there: set[int], members: set[int]) -> Result:
    if lead in there - members:
        return skipped("1015", "Lead not in list", lead)
    return outcome(lead, "removed" if lead in there else None)


@routes.get("/rest/v1/lists/{id}/leads/ismember.json", permission=READ)
def check_members(instance: Instance, request: Request) -> Body:
    place, wanted = _wanted(instance.store, request), lead_ids(request)
    there, members = existing(instance.store, wanted), members_among(instance.store, place, wanted)
    status = {lead: "memberof" if lead in members else "notmemberof" for lead in there}
    return {"result": [outcome(lead, status.get(lead)) for lead in wanted]}


def members_among(store: Store, place: int, leads: Sequence[int]) -> set[int]:
    rows = store.rows(
        "select lead from static_list_members where list = ? and lead in (select unnest(?::bigint[]))",
        [place, list(leads)],
    )
    return {row["lead"] for row in rows}


def _note(instance: Instance, place: int, leads: Sequence[int], kind: int, now: int) -> None:
    with instance.store.writing() as cursor:
        name = instance.store.value("select name from static_lists where id = ?", [place])
        log_activities(cursor, (Activity(lead, kind, place, name) for lead in leads), now)
        if leads:
            cursor.execute("update static_lists set updated_at = ? where id = ?", [timestamp(now), place])
