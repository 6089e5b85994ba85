"""Leads as they are read: one by id, many by a filter."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_book import column, known_fields
from local.marketo_simulator.lead_fields import DEFAULT_FIELDS, LeadFieldSpec, sql_type
from local.marketo_simulator.lead_values import to_json
from local.marketo_simulator.paging import make_token, read_after
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes, is_number
from local.marketo_simulator.store import Store

MOST_VALUES: Final = 300
MOST_HITS: Final = 1000
PAGE: Final = 300
READ: Final = ("Read-Only Lead", "Read-Write Lead")

WITH_IDS: Final = "id in (select unnest(?::bigint[]))"

routes = Routes()


@routes.get("/rest/v1/lead/{id}.json", permission=READ)
def read_lead(instance: Instance, request: Request) -> Body:
    fields = wanted_fields(instance.store, request)
    return {"result": leads_where(instance.store, fields, "id = ?", [request.number("id")])}


@routes.get("/rest/v1/leads.json", permission=READ)
def read_leads(instance: Instance, request: Request) -> Body:
    """Those whose field has one of the values: whatever their case, as Marketo compares."""
    kind, values = request.text("filterType"), request.values("filterValues")
    if not kind or not values:
        missing = "filterValues" if kind else "filterType"
        raise Refusal("1002", f"Missing value for required parameter '{missing}'")
    if len(values) > MOST_VALUES:
        raise Refusal("1003", f"Too many values specified for 'filterValues': {len(values)} of at most {MOST_VALUES}")
    field = _filter_field(instance.store, kind)
    condition, typed = matching(field, values)
    hits = instance.store.rows(f"select id from leads where {condition} order by id limit {MOST_HITS + 1}", [typed])
    if len(hits) > MOST_HITS:
        raise Refusal("1003", "Too many results match the filter")
    ids = [row["id"] for row in hits]
    return page_of_leads(instance, request, lambda after, limit: [lead for lead in ids if lead > after][:limit])


def _filter_field(store: Store, name: str) -> LeadFieldSpec:
    try:
        (field,) = known_fields(store, [name])
    except Refusal as refusal:
        raise Refusal("1011", f"Field '{name}' is not supported for lookup") from refusal
    if not is_searchable(field):
        raise Refusal("1011", f"Field '{name}' is not supported for lookup")
    return field


def is_searchable(field: LeadFieldSpec) -> bool:
    return field.searchable or (field.custom and field.data_type in ("string", "email", "integer"))


def matching(field: LeadFieldSpec, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """A condition with one parameter, and that. Values that the field cannot have match nothing."""
    if sql_type(field.data_type) == "bigint":
        numbers = [int(value) for value in values if is_number(str(value).strip())]
        return f"{column(field.name)} in (select unnest(?::bigint[]))", numbers
    texts = [str(value).lower() for value in values]
    return f"lower({column(field.name)}) in (select unnest(?::varchar[]))", texts


def page_of_leads(instance: Instance, request: Request, ids: Callable[[int, int], list[int]]) -> Body:
    """By id, at most 300; a token where more follow. `ids` answers with the next so many that are greater than one."""
    size = request.integer("batchSize", PAGE, most=PAGE)
    if size < 1:
        raise Refusal("1003", f"Invalid value for parameter 'batchSize': {size}")
    found = ids(read_after(request), size + 1)
    fields = wanted_fields(instance.store, request)
    page: Body = {"result": leads_where(instance.store, fields, WITH_IDS, [found[:size]])}
    if len(found) > size:
        page["nextPageToken"] = make_token(after=found[size - 1])
    return page


def wanted_fields(store: Store, request: Request) -> list[LeadFieldSpec]:
    """`id` always comes along."""
    names = request.values("fields") or list(DEFAULT_FIELDS)
    return known_fields(store, ["id", *names])


def leads_where(
    store: Store, fields: Sequence[LeadFieldSpec], condition: str, parameters: Sequence[Any], limit: int = MOST_HITS
) -> list[dict[str, Any]]:
    """By id. A field without a value is null."""
    columns = ", ".join(column(field.name) for field in fields)
    rows = store.rows(f"select {columns} from leads where {condition} order by id limit {limit}", parameters)
    return [{name: to_json(value) for name, value in row.items()} for row in rows]
