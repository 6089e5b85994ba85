"""What all kinds of assets have in common: browsing by offset, folders, times, and answers without hits."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from local.marketo_simulator.memberships import time_of
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request
from local.marketo_simulator.store import Store

READ_ASSETS: Final = ("Read-Only Asset", "Read-Write Assets")
WRITE_ASSETS: Final = "Read-Write Assets"
PAGE: Final = 20
LARGEST_PAGE: Final = 200
NOTHING_FOUND: Final = "No assets found for the given search criteria."

type Row = dict[str, Any]


def found(rows: Sequence[Row]) -> Body:
    """Without a hit there is no `result` at all, only a warning."""
    return {"result": list(rows)} if rows else {"warnings": [NOTHING_FOUND]}


def asset_time(at: datetime) -> str:
    """Assets write the zone twice."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}+0000"


def browse(store: Store, table: str, request: Request) -> list[Row]:
    """A page of a table's rows by id, inside the folder and times that were asked for."""
    conditions, parameters = ["true"], list[Any]()
    for parameter, sign in (("earliestUpdatedAt", ">="), ("latestUpdatedAt", "<=")):
        if request.text(parameter):
            conditions.append(f"updated_at {sign} ?")
            parameters.append(time_of(request, parameter))
    if request.text("folder"):
        conditions.append(f"folder in ({FOLDERS_BELOW})")
        parameters.append(read_folder(request)["id"])
    offset, size = request.integer("offset", 0), request.integer("maxReturn", PAGE, most=LARGEST_PAGE)
    if offset < 0 or size < 1:
        raise Refusal("1003", "offset must be 0 or more, maxReturn 1 or more")
    where = " and ".join(conditions)
    return store.rows(f"select * from {table} where {where} order by id limit {size} offset {offset}", parameters)


FOLDERS_BELOW: Final = """
    with recursive below(id) as (
        select ?::bigint union select f.id from folders f join below on f.parent = below.id)
    select id from below"""


def read_folder(request: Request) -> dict[str, Any]:
    """`{"id": 13, "type": "Folder"}`; also as Python writes a dict, without quotes, which clients send."""
    text = request.text("folder")
    number = re.search(r"id['\"]?\s*:\s*([0-9]{1,18})\b", text)
    kind = re.search(r"type['\"]?\s*:\s*['\"]?(\w+)", text)
    if number is None:
        raise Refusal("711", f"Invalid folder: {text}")
    return {"id": int(number[1]), "type": kind[1] if kind else "Folder"}


def existing_folder(store: Store, request: Request) -> int:
    wanted = read_folder(request)["id"]
    if not store.value("select count(*) from folders where id = ?", [wanted]):
        raise Refusal("711", f"Folder {wanted} not found")
    return int(wanted)


def by_id(store: Store, table: str, kind: str, request: Request) -> Row:
    """Raises 702 where there is none."""
    row = store.row(f"select * from {table} where id = ?", [request.number("id")])
    if row is None:
        raise Refusal("702", f"{kind} with id {request.number('id')} not found")
    return row


def by_name(store: Store, table: str, request: Request) -> list[Row]:
    name = request.text("name")
    if not name:
        raise Refusal("701", "name cannot be blank")
    return store.rows(f"select * from {table} where name = ? order by id", [name])


def check_name_is_free(store: Store, table: str, kind: str, name: str, *, but: int = 0) -> None:
    if not name:
        raise Refusal("701", "name cannot be blank")
    if store.value(f"select count(*) from {table} where name = ? and id <> ?", [name, but]):
        raise Refusal("709", f"{kind} with the same name already exists")


def rules_of(row: Mapping[str, Any]) -> Any:
    return json.loads(row["rules"] or "{}")
