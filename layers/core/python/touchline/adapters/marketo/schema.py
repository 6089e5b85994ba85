"""Fields of leads, types of activities, and what was used today."""

from collections.abc import Mapping, Sequence
from typing import Final

from touchline.adapters.marketo.ask import Ask, read
from touchline.adapters.marketo.calls import Calls
from touchline.adapters.marketo.envelope import Body, results
from touchline.adapters.marketo.reading import optional_number, optional_text, text, whole_number
from touchline.domain.marketo.api import LeadField
from touchline.errors import MarketoRefused

READ: Final = "Read-Only Lead"
SCHEMA: Final = "Read-Write Schema Custom Field"
ACTIVITIES: Final = "Read-Only Activity"
SCHEMA_PATH: Final = "/rest/v1/leads/schema/fields.json"


def read_fields(calls: Calls) -> list[LeadField]:
    described = results(calls.json(read("/rest/v1/leads/describe2.json", READ)))
    if not described:
        return []
    searchable = _searchable(described[0])
    fields = described[0].get("fields")
    return [_field(one, searchable) for one in (fields if isinstance(fields, list) else []) if isinstance(one, dict)]


def create_fields(calls: Calls, fields: Sequence[LeadField]) -> None:
    """Raises MarketoRefused naming the field that is there with another type, or that Marketo does not make."""
    new = _missing(calls, fields)
    if not new:
        return
    body = {"input": [{"displayName": one.display_name, "name": one.name, "dataType": one.data_type} for one in new]}
    told = results(calls.json(Ask("POST", SCHEMA_PATH, SCHEMA, "write", body=body)))
    refusals = {field.name: _reason(one) for field, one in zip(new, told, strict=False) if _reason(one)}
    # Somebody else may have made it meanwhile, or this call did, whose answer was lost.
    for field in _missing(calls, new) if refusals else []:
        code, message = refusals.get(field.name) or (None, "no reason was given")
        raise MarketoRefused(
            f"Marketo did not make the field {field.name}: {message}. Make it under Admin › Field Management.",
            marketo_code=code,
            field=field.name,
        )


def _missing(calls: Calls, fields: Sequence[LeadField]) -> list[LeadField]:
    there = {field.name: field for field in read_fields(calls)}
    for field in fields:
        _must_agree(field, there.get(field.name))
    return [field for field in fields if field.name not in there]


def _must_agree(wanted: LeadField, there: LeadField | None) -> None:
    if there is not None and there.data_type != wanted.data_type:
        raise MarketoRefused(
            f"The instance has a field {there.name} of the type {there.data_type}, not {wanted.data_type}: choose "
            "another name.",
            field=wanted.name,
        )


def _reason(one: Body) -> tuple[str, str] | None:
    reasons = one.get("reasons")
    if not isinstance(reasons, list) or not reasons or not isinstance(reasons[0], dict):
        return None
    return optional_text(reasons[0], "code") or "", (optional_text(reasons[0], "message") or "").rstrip(".")


def read_activity_types(calls: Calls) -> Mapping[int, str]:
    types = results(calls.json(read("/rest/v1/activities/types.json", ACTIVITIES)))
    return {whole_number(one, "id"): text(one, "name") for one in types}


def read_calls_today(calls: Calls) -> int:
    days = results(calls.json(read("/rest/v1/stats/usage.json", "")))
    return sum(optional_number(one, "total") or 0 for one in days)


def _searchable(described: Body) -> frozenset[str]:
    """Of combinations those of one field."""
    found = described.get("searchableFields")
    groups = found if isinstance(found, list) else []
    return frozenset(str(group[0]) for group in groups if isinstance(group, list) and len(group) == 1)


def _field(one: Body, searchable: frozenset[str]) -> LeadField:
    name = text(one, "name")
    return LeadField(
        name,
        str(one.get("displayName") or name)[:1_000],
        text(one, "dataType"),
        optional_number(one, "length"),
        updateable=one.get("updateable") is True,
        searchable=name in searchable,
    )
