"""What may be asked of a bulk extract: the body of `create`, completed, or refused as Marketo refuses it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from local.marketo_simulator.activity_log import DELETE_LEAD
from local.marketo_simulator.activity_types import BY_ID
from local.marketo_simulator.bulk_files import DELIMITERS
from local.marketo_simulator.bulk_filter_values import (
    is_text,
    read_cadence,
    read_flag,
    read_integers,
    read_range,
    read_texts,
)
from local.marketo_simulator.refusal import Refusal

type Order = dict[str, Any]

MOST_PRIMARY_VALUES: Final = 50
MOST_PROGRAMS: Final = 10
LEAD_FILTERS: Final = ("createdAt", "updatedAt", "staticListId", "staticListName", "smartListId", "smartListName")
NOT_EVERYWHERE: Final = frozenset({"updatedAt", "smartListId", "smartListName"})
ACTIVITY_FILTERS: Final = frozenset(
    {"createdAt", "activityTypeIds", "primaryAttributeValueIds", "primaryAttributeValues"}
)
MEMBER_FILTERS: Final = frozenset(
    {"programId", "programIds", "isExhausted", "nurtureCadence", "statusNames", "updatedAt"}
)
ACTIVITY_FIELDS: Final = (
    *("marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId"),
    *("primaryAttributeValueId", "primaryAttributeValue", "attributes"),
)
EXTRA_ACTIVITY_FIELDS: Final = ("actionResult",)
_ASSET_GROUPS: Final = frozenset({"email", "form", "webpage", "link", "list", "program"})


def lead_order(body: Mapping[str, Any], known: Collection[str], *, smart: bool) -> Order:
    """`known`: REST names of lead fields. `smart`: whether the instance takes smart lists and updatedAt."""
    wanted = _filter(body, frozenset(LEAD_FILTERS))
    if len(wanted) != 1:
        raise Refusal("1003", f"Exactly one filter must be specified, one of {', '.join(LEAD_FILTERS)}")
    (name,) = wanted
    if name in NOT_EVERYWHERE and not smart:
        raise Refusal("1035", f"Unsupported filter type for target subscription: {name}")
    return _order(body, _fields(body, known), {name: _checked(name, wanted[name])})


def activity_order(body: Mapping[str, Any]) -> Order:
    wanted = _filter(body, ACTIVITY_FILTERS)
    if "createdAt" not in wanted:
        raise Refusal("1003", "Filter 'createdAt' is required")
    checked: Order = {"createdAt": read_range("createdAt", wanted["createdAt"])}
    types = read_integers("activityTypeIds", wanted.get("activityTypeIds"))
    if DELETE_LEAD in types:
        raise Refusal("1003", f"Activity type '{DELETE_LEAD}' is not exportable")
    unknown = [one for one in types if one not in BY_ID]
    if unknown:
        raise Refusal("1003", f"Invalid activity type ids {unknown}")
    if types:
        checked["activityTypeIds"] = types
    checked |= _primary_values(wanted, types)
    known = {*ACTIVITY_FIELDS, *EXTRA_ACTIVITY_FIELDS}
    fields = _fields(body, known) if body.get("fields") else list(ACTIVITY_FIELDS)
    return _order(body, fields, checked)


def member_order(body: Mapping[str, Any], known: Collection[str], *, smart: bool) -> Order:
    wanted = _filter(body, MEMBER_FILTERS)
    programs = [wanted["programId"]] if "programId" in wanted else wanted.get("programIds")
    if not programs or ("programId" in wanted and "programIds" in wanted):
        raise Refusal("1003", "Exactly one of 'programId' and 'programIds' must be specified")
    checked: Order = {"programIds": read_integers("programIds", programs), "several": "programIds" in wanted}
    if len(checked["programIds"]) > MOST_PROGRAMS:
        raise Refusal("1003", f"Too many values for 'programIds', at most {MOST_PROGRAMS} are allowed")
    if "updatedAt" in wanted and not smart:
        raise Refusal("1035", "Unsupported filter type for target subscription: updatedAt")
    for name, check in _MEMBER_CHECKS.items():
        if name in wanted:
            checked[name] = check(name, wanted[name])
    return _order(body, _fields(body, known), checked)


def _order(body: Mapping[str, Any], fields: list[str], checked: Order) -> Order:
    format = str(body.get("format") or "CSV").upper()
    if format not in DELIMITERS:
        raise Refusal("1003", f"Invalid format '{body['format']}', it must be one of {', '.join(DELIMITERS)}")
    headers = body.get("columnHeaderNames") or {}
    if not isinstance(headers, dict) or not all(is_text(one) for one in headers.values()):
        raise Refusal("1003", "'columnHeaderNames' must map field names to header names")
    strange = [name for name in headers if name not in fields]
    if strange:
        raise Refusal("1003", f"Invalid fields [{', '.join(strange)}]")
    return {"fields": fields, "format": format, "columnHeaderNames": headers, "filter": checked}


def _fields(body: Mapping[str, Any], known: Collection[str]) -> list[str]:
    fields = body.get("fields")
    if not isinstance(fields, list) or not fields or not all(isinstance(one, str) for one in fields):
        raise Refusal("1003", "'fields' must be a list of at least one field name")
    strange = [name for name in fields if name not in known]
    if strange:
        raise Refusal("1003", f"Invalid fields [{', '.join(strange)}]")
    return list(dict.fromkeys(fields))


def _filter(body: Mapping[str, Any], known: frozenset[str]) -> Order:
    """Without what is null; raises 1003 for an empty one and for what the object does not take."""
    given = body.get("filter")
    if not isinstance(given, dict):
        raise Refusal("1003", "'filter' is required")
    wanted = {name: value for name, value in given.items() if value is not None}
    if not wanted:
        raise Refusal("1003", "'filter' must not be empty")
    strange = [name for name in wanted if name not in known]
    if strange:
        raise Refusal("1003", f"Invalid filter type [{', '.join(strange)}]")
    return wanted


def _checked(name: str, value: object) -> object:
    if name in ("createdAt", "updatedAt"):
        return read_range(name, value)
    if name.endswith("Id"):
        return read_integers(name, [value])[0]
    return read_texts(name, [value])[0]


def _primary_values(wanted: Order, types: list[int]) -> Order:
    names = [name for name in ("primaryAttributeValueIds", "primaryAttributeValues") if name in wanted]
    if not names:
        return {}
    if len(names) > 1:
        raise Refusal("1003", "Only one of 'primaryAttributeValueIds' and 'primaryAttributeValues' may be specified")
    groups = {BY_ID[one].assets for one in types}
    if len(groups) != 1 or not groups <= _ASSET_GROUPS:
        raise Refusal("1003", f"Filter '{names[0]}' needs 'activityTypeIds' of one asset group")
    (name,) = names
    values = read_integers(name, wanted[name]) if name.endswith("Ids") else read_texts(name, wanted[name])
    if not values or len(values) > MOST_PRIMARY_VALUES:
        raise Refusal("1003", f"Filter '{name}' takes 1 to {MOST_PRIMARY_VALUES} values")
    return {name: values}


_MEMBER_CHECKS: Final[Mapping[str, Callable[[str, object], object]]] = {
    "isExhausted": read_flag,
    "nurtureCadence": read_cadence,
    "statusNames": read_texts,
    "updatedAt": read_range,
}
