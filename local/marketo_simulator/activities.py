"""`/rest/v1/activities…`: types, tokens that stand for moments, and what happened to leads since, page by page."""

from collections.abc import Mapping
from typing import Final

import orjson

from local.marketo_simulator.activity_log import CHANGE_DATA_VALUE, DELETE_LEAD
from local.marketo_simulator.activity_pages import PAGE, Row, listed, on_list, page_of_activities, read_numbers
from local.marketo_simulator.activity_types import TYPES
from local.marketo_simulator.clock import DAY_MS, timestamp
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_book import all_fields
from local.marketo_simulator.lead_values import read_time, to_json
from local.marketo_simulator.paging import make_token
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes

routes = Routes()

READ: Final = ("Read-Only Activity", "Read-Write Activity")
METADATA: Final = (*READ, "Read-Only Activity Metadata")
MOST_TYPES: Final = 10
MOST_LEADS: Final = 30
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
    types = read_numbers(request, "activityTypeIds", MOST_TYPES)
    if not types:
        raise Refusal("1002", "Missing value for required parameter 'activityTypeIds'")
    conditions = [f"a.type in ({listed(types)})", f"a.type <> {DELETE_LEAD}"]
    for name, column, most in (("leadIds", "a.lead", MOST_LEADS), ("assetIds", "a.asset", PAGE)):
        if request.values(name):
            conditions.append(f"{column} in ({listed(read_numbers(request, name, most))})")
    conditions += on_list(instance, request)
    return page_of_activities(instance, request, conditions, _activity)


@routes.get("/rest/v1/activities/leadchanges.json", permission=READ)
def read_lead_changes(instance: Instance, request: Request) -> Body:
    numbers = {field.name: field.number for field in all_fields(instance.store)}
    wanted = request.values("fields")
    if not wanted:
        raise Refusal("1002", "Missing value for required parameter 'fields'")
    strange = [name for name in wanted if name not in numbers]
    if strange:
        raise Refusal("1006", f"Field '{strange[0]}' not found")
    conditions = [f"a.type = {CHANGE_DATA_VALUE}", f"a.asset in ({listed([numbers[name] for name in wanted])})"]
    if request.values("leadIds"):
        conditions.append(f"a.lead in ({listed(read_numbers(request, 'leadIds', MOST_LEADS))})")
    conditions += on_list(instance, request)
    names = {number: name for name, number in numbers.items()}
    return page_of_activities(instance, request, conditions, lambda row: _change(row, names))


@routes.get("/rest/v1/activities/deletedleads.json", permission=READ)
def read_deleted_leads(instance: Instance, request: Request) -> Body:
    kept_since = timestamp(instance.clock.now() - DELETIONS_KEPT_DAYS * DAY_MS)
    conditions = [f"a.type = {DELETE_LEAD}", f"a.happened_at >= timestamp '{kept_since}'"]
    gone = {
        row["lead"]: " ".join(name for name in (row["first_name"], row["last_name"]) if name)
        for row in instance.store.rows("select lead, first_name, last_name from deleted_leads")
    }
    return page_of_activities(instance, request, conditions, lambda row: _deletion(row, gone))


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
