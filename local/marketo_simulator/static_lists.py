"""Static lists as assets: browsed, found, made, renamed, deleted."""

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
)
from local.marketo_simulator.clock import timestamp
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.routing import Body, Request, Routes

KIND: Final = "Static List"
TABLE: Final = "static_lists"

routes = Routes()


@routes.get("/rest/asset/v1/staticLists.json", permission=READ_ASSETS)
def browse_lists(instance: Instance, request: Request) -> Body:
    return found([_shown(row) for row in browse(instance.store, TABLE, request)])


@routes.get("/rest/asset/v1/staticList/byName.json", permission=READ_ASSETS)
def find_list(instance: Instance, request: Request) -> Body:
    return found([_shown(row) for row in by_name(instance.store, TABLE, request)])


@routes.get("/rest/asset/v1/staticList/{id}.json", permission=READ_ASSETS)
def read_list(instance: Instance, request: Request) -> Body:
    return found([_shown(by_id(instance.store, TABLE, KIND, request))])


@routes.post("/rest/asset/v1/staticLists.json", permission=WRITE_ASSETS)
def create_list(instance: Instance, request: Request) -> Body:
    name, now = request.text("name"), timestamp(instance.clock.now())
    with instance.store.writing() as cursor:
        check_name_is_free(instance.store, TABLE, KIND, name)
        row = [name, request.text("description"), existing_folder(instance.store, request), now, now]
        ((made,),) = cursor.execute(
            "insert into static_lists (id, name, description, workspace, folder, created_at, updated_at) "
            "values (nextval('asset_ids'), ?, ?, 'Default', ?, ?, ?) returning id",
            row,
        ).fetchall()
    return found([_shown(row) for row in instance.store.rows("select * from static_lists where id = ?", [made])])


@routes.post("/rest/asset/v1/staticList/{id}.json", permission=WRITE_ASSETS)
def change_list(instance: Instance, request: Request) -> Body:
    with instance.store.writing() as cursor:
        row = by_id(instance.store, TABLE, KIND, request)
        name = request.text("name", row["name"])
        check_name_is_free(instance.store, TABLE, KIND, name, but=row["id"])
        cursor.execute(
            "update static_lists set name = ?, description = ?, updated_at = ? where id = ?",
            [name, request.text("description", row["description"]), timestamp(instance.clock.now()), row["id"]],
        )
    return found([_shown(by_id(instance.store, TABLE, KIND, request))])


@routes.post("/rest/asset/v1/staticList/{id}/delete.json", permission=WRITE_ASSETS)
def delete_list(instance: Instance, request: Request) -> Body:
    with instance.store.writing() as cursor:
        row = by_id(instance.store, TABLE, KIND, request)
        cursor.execute("delete from static_list_members where list = ?", [row["id"]])
        cursor.execute("delete from static_lists where id = ?", [row["id"]])
    return found([{"id": row["id"]}])


def _shown(row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"] or "",
        "createdAt": asset_time(row["created_at"]),
        "updatedAt": asset_time(row["updated_at"]),
        "folder": {"id": row["folder"], "type": "Folder"},
        "computedUrl": f"https://app-sj01.marketo.com/#ST{row['id']}A1",
    }
