"""What fields and partitions leads have, and how fields are added."""

import re
from typing import Any, Final

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_book import all_fields, column, lead_fields
from local.marketo_simulator.lead_fields import LeadFieldSpec, sql_type
from local.marketo_simulator.leads_read import READ, is_searchable
from local.marketo_simulator.records import Result, records, skipped
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes

SCHEMA: Final = ("Read-Write Schema Custom Field", "Read-Write Schema Standard Field")
DATA_TYPES: Final = (
    *("boolean", "currency", "date", "datetime", "email", "float", "integer", "percent", "phone", "score"),
    *("string", "url"),
)

routes = Routes()


@routes.get("/rest/v1/leads/describe.json", permission=READ)
def describe(instance: Instance, request: Request) -> Body:
    return {"result": [_described(field) for field in all_fields(instance.store)]}


def _described(field: LeadFieldSpec) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": field.number, "displayName": field.display_name, "dataType": field.data_type}
    if field.length is not None:
        shown["length"] = field.length
    soap = field.name[:1].upper() + field.name[1:]
    if field.rest:
        shown["rest"] = {"name": field.name, "readOnly": not field.updateable}
    return shown | {"soap": {"name": soap, "readOnly": not field.updateable}}


@routes.get("/rest/v1/leads/describe2.json", permission=READ)
def describe_again(instance: Instance, request: Request) -> Body:
    fields = list(lead_fields(instance.store).values())
    searchable = [[field.name] for field in fields if is_searchable(field)]
    shown = [_field(field) for field in fields]
    return {"result": [{"name": "API Lead", "searchableFields": searchable, "fields": shown}]}


def _field(field: LeadFieldSpec) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": field.name, "displayName": field.display_name, "dataType": field.data_type}
    if field.length is not None:
        shown["length"] = field.length
    return shown | {"updateable": field.updateable, "crmManaged": field.crm_managed}


@routes.get("/rest/v1/leads/schema/fields.json", permission=SCHEMA)
def list_fields(instance: Instance, request: Request) -> Body:
    size = request.integer("batchSize", 300, most=300)
    after = request.integer("nextPageToken", 0)
    fields = list(lead_fields(instance.store).values())
    page: Body = {"result": [_schema(field) for field in fields[after : after + size]]}
    if after + size < len(fields):
        page["nextPageToken"] = str(after + size)
    return page


@routes.get("/rest/v1/leads/schema/fields/{name}.json", permission=SCHEMA)
def read_field(instance: Instance, request: Request) -> Body:
    return {"result": [_schema(_known(instance, request))]}


def _schema(field: LeadFieldSpec) -> dict[str, Any]:
    return _field(field) | {
        "isHidden": False,
        "isHtmlEncodingInEmail": True,
        "isSensitive": False,
        "isCustom": field.custom,
        "isApiCreated": field.custom,
    }


@routes.post("/rest/v1/leads/schema/fields.json", permission=SCHEMA)
def create_fields(instance: Instance, request: Request) -> Body:
    results = []
    for row in records(request.json()):
        name = str(row.get("name") or "")
        problem = _problem(instance, row, name)
        if problem is None:
            _create(instance, row, name)
        results.append({"name": name, "status": "created"} if problem is None else {"name": name, **problem})
    return {"result": results}


@routes.post("/rest/v1/leads/schema/fields/{name}.json", permission=SCHEMA)
def change_field(instance: Instance, request: Request) -> Body:
    """Only what it is called can be changed."""
    with instance.store.writing() as cursor:
        field = _known(instance, request)
        (row,) = records(request.json())
        shown = str(row.get("displayName") or field.display_name)
        cursor.execute("update lead_fields set display_name = ? where name = ?", [shown, field.name])
    return {"result": [{"name": field.name, "status": "updated"}]}


def _known(instance: Instance, request: Request) -> LeadFieldSpec:
    field = lead_fields(instance.store).get(request.names["name"])
    if field is None:
        raise Refusal("1006", f"Field '{request.names['name']}' not found")
    return field


def _problem(instance: Instance, row: dict[str, Any], name: str) -> Result | None:
    known = lead_fields(instance.store)
    if not re.fullmatch(r"[A-Za-z]\w{0,254}", name, re.ASCII):
        return skipped("1003", f"Invalid value for 'name': {name}")
    if row.get("dataType") not in DATA_TYPES:
        return skipped("1003", f"Invalid value for 'dataType': {row.get('dataType')}")
    if not row.get("displayName"):
        return skipped("1002", "Missing value for required parameter 'displayName'")
    if name.casefold() in {field.casefold() for field in known}:
        return skipped("1005", f"Field '{name}' already exists")
    if sum(field.custom for field in known.values()) >= instance.switches.custom_fields:
        return skipped("1014", f"At most {instance.switches.custom_fields} custom fields can be created by API")
    return None


def _create(instance: Instance, row: dict[str, Any], name: str) -> None:
    kind = str(row["dataType"])
    length = 255 if sql_type(kind) == "varchar" else None
    with instance.store.writing() as cursor:
        cursor.execute(f"alter table leads add column {column(name)} {sql_type(kind)}")
        cursor.execute(
            "insert into lead_fields "
            "select ?, ?, ?, ?, true, false, false, true, true, max(number) + 1 from lead_fields",
            [name, str(row["displayName"]), kind, length],
        )


@routes.get("/rest/v1/leads/partitions.json", permission=READ)
def list_partitions(instance: Instance, request: Request) -> Body:
    return {"result": instance.store.rows("select id, name, description from partitions order by id")}
