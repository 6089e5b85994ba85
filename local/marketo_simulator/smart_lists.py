"""Smart lists as assets. REST cannot make one from nothing, only clone; and no call reads members."""

from typing import Final

from local.marketo_simulator.assets import (
    READ_ASSETS,
    WRITE_ASSETS,
    Row,
    asset_time,
    browse,
    by_id,
    by_name,
    check_name_is_free,
    existing_folder,
    found,
    rules_of,
)
from local.marketo_simulator.clock import timestamp
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes

KIND: Final = "Smart List"
TABLE: Final = "smart_lists"
LISTED: Final = "(select * from smart_lists where program is null and campaign is null)"  # the others are parts

routes = Routes()


@routes.get("/rest/asset/v1/smartLists.json", permission=READ_ASSETS)
def browse_lists(instance: Instance, request: Request) -> Body:
    return found([_shown(row) for row in browse(instance.store, LISTED, request)])


@routes.get("/rest/asset/v1/smartList/byName.json", permission=READ_ASSETS)
def find_list(instance: Instance, request: Request) -> Body:
    return found([_shown(row) for row in by_name(instance.store, LISTED, request)])


@routes.get("/rest/asset/v1/smartList/{id}.json", permission=READ_ASSETS)
def read_list(instance: Instance, request: Request) -> Body:
    return _with_rules(by_id(instance.store, TABLE, KIND, request), request, default=False)


@routes.get("/rest/asset/v1/program/{id}/smartList.json", permission=READ_ASSETS)
def list_of_program(instance: Instance, request: Request) -> Body:
    return _part(instance, request, "program")


@routes.get("/rest/asset/v1/smartCampaign/{id}/smartList.json", permission=READ_ASSETS)
def list_of_campaign(instance: Instance, request: Request) -> Body:
    return _part(instance, request, "campaign")


def _part(instance: Instance, request: Request, of: str) -> Body:
    row = instance.store.row(f"select * from smart_lists where {of} = ?", [request.number("id")])
    if row is None:
        raise Refusal("702", f"No smart list was found for {of} {request.number('id')}")
    return _with_rules(row, request, default=True)


def _with_rules(row: Row, request: Request, *, default: bool) -> Body:
    wanted = request.text("includeRules", str(default)).lower() == "true"
    return found([_shown(row) | ({"rules": rules_of(row)} if wanted else {})])


@routes.post("/rest/asset/v1/smartList/{id}/clone.json", permission=WRITE_ASSETS)
def clone_list(instance: Instance, request: Request) -> Body:
    name, now = request.text("name"), timestamp(instance.clock.now())
    with instance.store.writing() as cursor:
        row = by_id(instance.store, TABLE, KIND, request)
        check_name_is_free(instance.store, TABLE, KIND, name)
        ((made,),) = cursor.execute(
            "insert into smart_lists (id, name, description, workspace, folder, rules, created_at, updated_at) "
            "values (nextval('asset_ids'), ?, ?, ?, ?, ?, ?, ?) returning id",
            [
                *(name, request.text("description", row["description"] or ""), row["workspace"]),
                *(existing_folder(instance.store, request), row["rules"], now, now),
            ],
        ).fetchall()
    return found([_shown(row) for row in instance.store.rows("select * from smart_lists where id = ?", [made])])


@routes.post("/rest/asset/v1/smartList/{id}/delete.json", permission=WRITE_ASSETS)
def delete_list(instance: Instance, request: Request) -> Body:
    with instance.store.writing() as cursor:
        row = by_id(instance.store, TABLE, KIND, request)
        cursor.execute("delete from smart_lists where id = ?", [row["id"]])
    return found([{"id": row["id"]}])


def _shown(row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"] or "",
        "createdAt": asset_time(row["created_at"]),
        "updatedAt": asset_time(row["updated_at"]),
        "url": f"https://app-sj01.marketo.com/#SL{row['id']}A1",
        "folder": {"id": row["folder"], "type": "Folder"},
        "workspace": row["workspace"],
    }
