"""Folders: found by name or id, and browsed from a root."""

from local.marketo_simulator.assets import (
    LARGEST_PAGE,
    PAGE,
    READ_ASSETS,
    Row,
    asset_time,
    by_id,
    by_name,
    found,
)
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.routing import Body, Request, Routes

routes = Routes()


@routes.get("/rest/asset/v1/folder/byName.json", permission=READ_ASSETS)
def find_folder(instance: Instance, request: Request) -> Body:
    return found([_shown(row) for row in by_name(instance.store, "folders", request)])


@routes.get("/rest/asset/v1/folder/{id}.json", permission=READ_ASSETS)
def read_folder(instance: Instance, request: Request) -> Body:
    return found([_shown(by_id(instance.store, "folders", "Folder", request))])


@routes.get("/rest/asset/v1/folders.json", permission=READ_ASSETS)
def browse_folders(instance: Instance, request: Request) -> Body:
    """`maxDepth` counts from the root: 1 is what lies directly in it."""
    size, offset = request.integer("maxReturn", PAGE, most=LARGEST_PAGE), request.integer("offset", 0)
    rows = instance.store.rows(
        """
        with recursive below(id, depth) as (
            select id, 0 from folders where parent is null
            union all select f.id, depth + 1 from folders f join below on f.parent = below.id)
        select folders.* from folders join below using (id) where depth <= ? order by id limit ? offset ?
        """,
        [request.integer("maxDepth", 2), size, offset],
    )
    return found([_shown(row) for row in rows])


def _shown(row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "createdAt": asset_time(row["created_at"]),
        "updatedAt": asset_time(row["created_at"]),
        "url": f"https://app-sj01.marketo.com/#MF{row['id']}A1",
        "folderId": {"id": row["id"], "type": "Folder"},
        "folderType": "Folder" if row["parent"] is None else "List",
        "parent": None if row["parent"] is None else {"id": row["parent"], "type": "Folder"},
        "path": row["path"],
        "isArchive": False,
        "isSystem": row["parent"] is None,
        "accessZoneId": 1,
        "workspace": "Default",
    }
