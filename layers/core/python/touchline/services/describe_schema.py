"""What a tenant's events of the last days hold, so that questions can be asked in the right words."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from touchline.domain.queries.catalogue import FieldUse, PropertyUse, look_alikes
from touchline.domain.queries.clock import DAY, rfc3339
from touchline.domain.queries.fields import AMOUNT_FIELD, NOT_GROUPED, TEXT_FIELDS
from touchline.domain.queries.ranges import TimeRange
from touchline.ports import EventReports

EXAMPLES: Final = 10
# Look-alikes are sought among so many of the commonest values.
VALUES_COMPARED: Final = 500
# Everyone has ids of their own: examples would be personal data, and look-alikes are different people.
PERSONAL: Final = frozenset({"actor.id", "actor.anonymous_id", "actor.email_hash"})
# Whole days can be answered from the store's cache.
HOUR: Final = 3_600_000


def describe_schema(reports: EventReports, tenant: str, zone: ZoneInfo, *, days: int, now: int) -> dict[str, Any]:
    end = now - now % HOUR + HOUR
    span = TimeRange(end - days * DAY, end)
    grouped = [name for name in TEXT_FIELDS if name not in PERSONAL]
    uses = reports.field_uses(tenant, span, grouped, VALUES_COMPARED)
    properties, complete = reports.property_uses(tenant, span, EXAMPLES)
    return {
        "range": span.describe(zone),
        "as_of": rfc3339(now, zone),
        "fields": [*(_field(use) for use in uses), *_unexplored()],
        "properties": [_property(use) for use in properties],
        "properties_complete": complete,
    }


def _field(use: FieldUse) -> dict[str, Any]:
    return {
        "name": use.field,
        "type": "text",
        "can_break_down": True,
        "events": use.events,
        "distinct_about": use.distinct,
        "values": [{"value": value, "events": events} for value, events in use.values[: _shown(use)]],
        "look_alikes": look_alikes(value for value, _ in use.values),
    }


def _shown(use: FieldUse) -> int:
    """All actions: they are few, and a question needs their exact names."""
    return VALUES_COMPARED if use.field == "action" else EXAMPLES


def _unexplored() -> list[dict[str, Any]]:
    texts = [{"name": name, "type": "text", "can_break_down": name not in NOT_GROUPED} for name in sorted(PERSONAL)]
    return [*texts, {"name": AMOUNT_FIELD, "type": "amount", "can_break_down": False}]


def _property(use: PropertyUse) -> dict[str, Any]:
    return {
        "name": f"properties.{use.key}",
        "type": use.type,
        "events": use.events,
        "values": [{"value": value, "events": events} for value, events in use.examples],
    }
