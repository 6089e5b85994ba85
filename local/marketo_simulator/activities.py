"""`/rest/v1/activities…`: types, tokens that stand for moments, and what happened to leads since, page by page.

Marketo looks through so many activities for one page, whatever is asked for, and answers with those of them that fit:
pages can be short or empty although there is more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from local.marketo_simulator.activity_types import CHANGE_VALUE, DELETE, TYPES
from local.marketo_simulator.clock import DAY_MS, timestamp
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_book import all_fields
from local.marketo_simulator.lead_values import read_time, to_json
from local.marketo_simulator.paging import make_token, read_token
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes

type Row = dict[str, Any]

routes = Routes()

READ: Final = ("Read-Only Activity", "Read-Write Activity")
METADATA: Final = (*READ, "Read-Only Activity Metadata")
PAGE: Final = 300
LOOKED_THROUGH: Final = 3_000  # activities for one page
MOST_TYPES: Final = 10
MOST_LEADS: Final = 30
LARGEST_LIST: Final = 10_000  # members; from there on 1003
DELETIONS_KEPT_DAYS: Final = 14


@routes.get("/rest/v1/activities/types.json", permission=METADATA)
def list_types(instance: Instance, request: Request) -> Body:
    return {"result": [one.listed() for one in TYPES]}


@routes.get("/rest/v1/activities/pagingtoken.json", permission=READ)
def make_paging_token(instance: Instance, request: Request) -> Body:
    text = request.text("sinceDatetime")
    try:
        since = read_time(None, text)
    except ValueError as error:
        raise Refusal("1001", f"Invalid value '{text}'. Required of type 'DateTime'") from error
    return {"nextPageToken": make_token(since=since.isoformat(), guid=0)}


@routes.get("/rest/v1/activities.json", permission=READ)
def read_activities(instance: Instance, request: Request) -> Body:
    types = _numbers(request, "activityTypeIds", MOST_TYPES)
    if not types:
        raise Refusal("1002", "Missing value for required parameter 'activityTypeIds'")
    conditions = [f"a.type in ({_listed(types)})", f"a.type <> {DELETE}"]
    for name, column, most in (("leadIds", "a.lead", MOST_LEADS), ("assetIds", "a.asset", PAGE)):
        if request.values(name):
            conditions.append(f"{column} in ({_listed(_numbers(request, name, most))})")
    conditions += _on_list(instance, request)
    return _page(instance, request, conditions, _activity)


@routes.get("/rest/v1/activities/leadchanges.json", permission=READ)
def read_lead_changes(instance: Instance, request: Request) -> Body:
    numbers = {field.name: field.number for field in all_fields(instance.store)}
    wanted = request.values("fields")
    if not wanted:
        raise Refusal("1002", "Missing value for required parameter 'fields'")
    strange = [name for name in wanted if name not in numbers]
    if strange:
        raise Refusal("1006", f"Field '{strange[0]}' not found")
    conditions = [f"a.type = {CHANGE_VALUE}", f"a.asset in ({_listed([numbers[name] for name in wanted])})"]
    if request.values("leadIds"):
        conditions.append(f"a.lead in ({_listed(_numbers(request, 'leadIds', MOST_LEADS))})")
    conditions += _on_list(instance, request)
    names = {number: name for name, number in numbers.items()}
    return _page(instance, request, conditions, lambda row: _change(row, names))


@routes.get("/rest/v1/activities/deletedleads.json", permission=READ)
def read_deleted_leads(instance: Instance, request: Request) -> Body:
    kept_since = timestamp(instance.clock.now() - DELETIONS_KEPT_DAYS * DAY_MS)
    conditions = [f"a.type = {DELETE}", f"a.happened_at >= timestamp '{kept_since}'"]
    gone = {
        row["lead"]: " ".join(name for name in (row["first_name"], row["last_name"]) if name)
        for row in instance.store.rows("select lead, first_name, last_name from deleted_leads")
    }
    return _page(instance, request, conditions, lambda row: _deletion(row, gone))


def _page(instance: Instance, request: Request, conditions: Sequence[str], shown: Callable[[Row], Row]) -> Body:
    size = request.integer("batchSize", PAGE, most=PAGE)
    if size < 1:
        raise Refusal("1003", f"Invalid value for parameter 'batchSize': {size}")
    token = request.text("nextPageToken")
    if not token:
        raise Refusal("1002", "Missing value for required parameter 'nextPageToken'")
    place = read_token(token)
    found, last, more = _look_through(instance, conditions, place)
    size = _fault(instance, request, size)
    if len(found) > size:
        found, more = found[:size], True
        # Where nothing fits on the page, what was looked at is looked at again.
        last = _place(found[-1]) if found else place
    body: Body = {"result": [shown(row) for row in found]} if found else {}
    return body | {"nextPageToken": make_token(**last), "moreResult": more}


def _look_through(
    instance: Instance, conditions: Sequence[str], place: Mapping[str, Any]
) -> tuple[list[Row], Row, bool]:
    """What fits, where the look ended, and whether there is more behind it."""
    looked = instance.store.rows(
        f"""
        select *, {" and ".join(conditions)} as fits from
            (select * from activities where (happened_at, guid) > (?::timestamp, ?::bigint)
             order by happened_at, guid limit {LOOKED_THROUGH + 1}) a
        order by happened_at, guid
        """,
        [place["since"], place["guid"]],
    )
    more = len(looked) > LOOKED_THROUGH
    looked = looked[:LOOKED_THROUGH]
    return [row for row in looked if row["fits"]], _place(looked[-1]) if looked else dict(place), more


def _place(row: Row) -> Row:
    return {"since": row["happened_at"].isoformat(), "guid": row["guid"]}


def _fault(instance: Instance, request: Request, size: int) -> int:
    """Pages on order that are shorter than they could be."""
    if instance.faults.effect("empty_page", request.method, request.path):
        return 0
    return min(size, 1) if instance.faults.effect("short_page", request.method, request.path) else size


def _on_list(instance: Instance, request: Request) -> list[str]:
    if not request.text("listId"):
        return []
    (wanted,) = _numbers(request, "listId", 1)
    members = instance.store.value("select count(*) from static_list_members where list = ?", [wanted])
    if members >= LARGEST_LIST and instance.switches.big_lists_refused:
        raise Refusal("1003", f"List '{wanted}' has {LARGEST_LIST} members or more; use bulk extract")
    return [f"a.lead in (select lead from static_list_members where list = {wanted})"]


def _numbers(request: Request, name: str, most: int) -> list[int]:
    texts = request.values(name)
    if not all(text.isdigit() for text in texts):
        raise Refusal("1001", f"Invalid value for parameter '{name}'. Required of type 'Long'")
    if len(texts) > most:
        raise Refusal("1003", f"Too many values for parameter '{name}': {len(texts)} of at most {most}")
    return [int(text) for text in texts]


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _activity(row: Row) -> Row:
    shown = _head(row)
    if row["campaign"] is not None:
        shown["campaignId"] = row["campaign"]
    if row["asset"] is not None:
        shown["primaryAttributeValueId"] = row["asset"]
    if row["asset_name"] is not None:
        shown["primaryAttributeValue"] = row["asset_name"]
    shown["attributes"] = [{"name": name, "value": value} for name, value in _attributes(row).items()]
    return shown


def _change(row: Row, names: Mapping[int, str]) -> Row:
    told = _attributes(row)
    field = {"id": row["asset"], "name": names.get(row["asset"], row["asset_name"])}
    field |= {"newValue": told.pop("New Value", None), "oldValue": told.pop("Old Value", None)}
    attributes = [{"name": name, "value": value} for name, value in told.items()]
    return _head(row) | {"fields": [field], "attributes": attributes}


def _deletion(row: Row, names: Mapping[int, str]) -> Row:
    about = {"primaryAttributeValueId": row["lead"], "primaryAttributeValue": names.get(row["lead"], "")}
    return _head(row) | about | {"attributes": []}


def _head(row: Row) -> Row:
    return {
        "id": row["guid"],
        "marketoGUID": str(row["guid"]),
        "leadId": row["lead"],
        "activityDate": to_json(row["happened_at"]),
        "activityTypeId": row["type"],
    }


def _attributes(row: Row) -> Row:
    return dict(orjson.loads(row["attributes"] or "{}"))
