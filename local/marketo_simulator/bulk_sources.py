"""Which rows and columns of the store a bulk extract writes; in the same order whenever it is written."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from local.marketo_simulator.activity_log import DELETE_LEAD
from local.marketo_simulator.bulk_files import Column, literal, literals
from local.marketo_simulator.clock import timestamp
from local.marketo_simulator.lead_book import column, lead_fields
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.smart_members import members_of
from local.marketo_simulator.store import Store

type Order = Mapping[str, Any]
type Source = tuple[list[Column], str]

_ACTIVITY: Final = {
    "marketoGUID": ("a.guid", "integer"),
    "leadId": ("a.lead", "integer"),
    "activityDate": ("a.happened_at", "datetime"),
    "activityTypeId": ("a.type", "integer"),
    "campaignId": ("a.campaign", "integer"),
    "primaryAttributeValueId": ("a.asset", "integer"),
    "primaryAttributeValue": ("a.asset_name", "string"),
    "attributes": ("a.attributes", "string"),
    "actionResult": ("'succeeded'", "string"),
}
_MEMBER: Final = {
    "programId": ("m.program", "integer"),
    "program": ("p.name", "string"),
    "leadId": ("m.lead", "integer"),
    "statusName": ("m.status", "string"),
    "reachedSuccess": ("m.reached", "boolean"),
    "isExhausted": ("m.exhausted", "boolean"),
    "nurtureCadence": ("m.cadence", "string"),
    "membershipDate": ("m.joined_at", "datetime"),
    "updatedAt": ("m.updated_at", "datetime"),
}
MEMBER_LEAD_FIELDS: Final = ("firstName", "lastName", "email", "company", "unsubscribed")
MEMBER_FIELDS: Final = (*_MEMBER, *MEMBER_LEAD_FIELDS)


def lead_source(store: Store, order: Order) -> Source:
    kinds = lead_fields(store)
    columns = _columns(order, {name: (f"l.{column(name)}", kinds[name].data_type) for name in order["fields"]})
    ((name, value),) = order["filter"].items()
    match name:
        case "createdAt":
            where = between('l."createdAt"', value)
        case "updatedAt":
            where = between("l.changed_at", value)
        case "staticListId" | "staticListName":
            members = f"select lead from static_list_members where list = {list_id(store, 'static', name, value)}"
            where = f"l.id in ({members})"
        case _:
            where = members_of(store, list_id(store, "smart", name, value))
    return columns, f"leads l where {where} order by l.id"


def activity_source(store: Store, order: Order) -> Source:
    wanted = order["filter"]
    where = [between("a.happened_at", wanted["createdAt"]), f"a.type <> {DELETE_LEAD}"]
    for name, told in (
        ("activityTypeIds", "a.type"),
        ("primaryAttributeValueIds", "a.asset"),
        ("primaryAttributeValues", "a.asset_name"),
    ):
        if name in wanted:
            where.append(f"{told} in ({literals(wanted[name])})")
    return _columns(order, _ACTIVITY), f"activities a where {' and '.join(where)} order by a.happened_at, a.guid"


def member_source(store: Store, order: Order) -> Source:
    wanted = order["filter"]
    kinds = lead_fields(store)
    known = {**_MEMBER, **{name: (f"l.{column(name)}", kinds[name].data_type) for name in MEMBER_LEAD_FIELDS}}
    fields = list(order["fields"])
    if wanted["several"] and "programId" not in fields:
        fields.insert(0, "programId")
    columns = _columns({**order, "fields": fields}, known, zero_or_one=True)
    where = [f"m.program in ({literals(wanted['programIds'])})"]
    if "isExhausted" in wanted:
        where.append(f"m.exhausted = {wanted['isExhausted']}")
    if "nurtureCadence" in wanted:
        where.append(f"m.cadence = {literal(wanted['nurtureCadence'])}")
    if "statusNames" in wanted:
        where.append(f"m.status in ({literals(wanted['statusNames'])})")
    if "updatedAt" in wanted:
        where.append(between("m.updated_at", wanted["updatedAt"]))
    joined = "program_members m join leads l on l.id = m.lead left join programs p on p.id = m.program"
    return columns, f"{joined} where {' and '.join(where)} order by m.program, m.lead"


SOURCES: Final[Mapping[str, Callable[[Store, Order], Source]]] = {
    "leads": lead_source,
    "activities": activity_source,
    "program/members": member_source,
}


def list_id(store: Store, kind: str, filter_name: str, value: int | str) -> int:
    """Raises 1003 where there is no such list."""
    known_by = "id" if filter_name.endswith("Id") else "name"
    found: int | None = store.value(f"select min(id) from {kind}_lists where {known_by} = ?", [value])
    if found is None:
        raise Refusal("1003", f"Invalid value for filter '{filter_name}': {value}")
    return found


def between(moment: str, range_ms: Mapping[str, int]) -> str:
    """Both ends belong to it, in whole seconds as they are seen."""
    start, end = (timestamp(range_ms[name]).replace(microsecond=0) for name in ("startAt", "endAt"))
    return f"{moment} >= timestamp '{start}' and {moment} < timestamp '{end}' + interval 1 second"


def _columns(order: Order, known: Mapping[str, tuple[str, str]], *, zero_or_one: bool = False) -> list[Column]:
    headers: Mapping[str, str] = order["columnHeaderNames"]
    fields: Sequence[str] = order["fields"]
    return [Column(headers.get(name, name), *known[name], zero_or_one=zero_or_one) for name in fields]
