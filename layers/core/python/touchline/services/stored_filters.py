"""A customer's words as they are stored: actions in one spelling, e-mail addresses as their keyed hash."""

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from touchline.domain.emails import HASHED_ID, hash_email, is_email, normalise_email
from touchline.domain.events import normalise_action
from touchline.domain.properties import Scalar
from touchline.domain.queries.clock import DAY
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.rejection import Refused
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidFilter, UnknownAction
from touchline.ports import EventReports

WHOLE_VALUES: Final = frozenset({"eq", "ne", "in", "not_in"})
# An action is known if it came within so many days.
KNOWN_DAYS: Final = 90


def as_stored(filters: Iterable[Filter], tenant: Tenant) -> tuple[Filter, ...]:
    return tuple(_stored(one, tenant) for one in filters)


def check_actions(
    reports: EventReports, tenant: str, filters: Iterable[Filter], now: int, *, refuse: bool = True
) -> list[str]:
    """Notes on actions that nobody did. For questions without any answer it raises UnknownAction, unless `refuse` is
    off, for what looks misspelt."""
    asked = {
        str(v) for one in filters if one.field.name == "action" and one.operator in {"eq", "in"} for v in one.values
    }
    if not asked:
        return []
    known = reports.actions(tenant, TimeRange(now - KNOWN_DAYS * DAY, now + DAY))
    notes = []
    for action in sorted(asked - set(known)):
        close = get_close_matches(action, known, 3, 0.7)
        meant = f" Did you mean {' or '.join(close)}?" if close else ""
        if close and refuse:
            raise UnknownAction(f"No event of yours has the action '{action}'.{meant}")
        notes.append(f"No event of the last {KNOWN_DAYS} days has the action '{action}'.{meant}")
    return notes


def _stored(one: Filter, tenant: Tenant) -> Filter:
    if one.operator not in WHOLE_VALUES:
        return one
    match one.field.name:
        case "action":
            return replace(one, values=tuple(_action(value) for value in one.values))
        case "actor.id" | "actor.anonymous_id":
            return replace(one, values=tuple(_person(value, tenant) for value in one.values))
        case "actor.email_hash":
            return replace(one, values=tuple(_email_hash(value, tenant) for value in one.values))
        case "value.currency":
            return replace(one, values=tuple(str(value).upper() for value in one.values))
        case _:
            return one


def _action(value: Scalar) -> str:
    try:
        return normalise_action(str(value))[0]
    except Refused as refused:
        raise InvalidFilter(refused.rejection.reason, field="action") from refused


def _person(value: Scalar, tenant: Tenant) -> str:
    email = normalise_email(str(value))
    if not is_email(email):
        return str(value)
    return email if tenant.email_policy == "keep" else HASHED_ID + hash_email(email, tenant.email_key)


def _email_hash(value: Scalar, tenant: Tenant) -> str:
    email = normalise_email(str(value))
    return hash_email(email, tenant.email_key) if is_email(email) else str(value)
