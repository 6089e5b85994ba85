"""Why a conversion is credited as it is: each touch, its age, and what every model gives it."""

from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from touchline.domain.attributed import COLUMNS, MODELS, Model
from touchline.domain.attribution import MICRO
from touchline.domain.credit_facts import share_text
from touchline.domain.event_documents import received_at_of
from touchline.domain.goals import Goal
from touchline.domain.properties import read_entry
from touchline.domain.queries.attributed import ConversionPage, ConversionsOf
from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.durations import describe_duration
from touchline.domain.queries.measures import amount_text
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.tenancy import Tenant
from touchline.errors import NotFound
from touchline.ports import Document
from touchline.services.attributed_head import backfill_facts, goal_facts, version_notes
from touchline.services.named_goals import version_of_goal
from touchline.services.sources import Sources

FLAGS: Final = frozenset({"first", "last", "won"})
MOST_CONVERSIONS: Final = 200


def explain_conversion(
    conversion_id: str, tenant: Tenant, sources: Sources, zone: ZoneInfo, now: int
) -> dict[str, Any]:
    """Raises NotFound. `now` in epoch ms."""
    document = sources.conversions.get(tenant.id, conversion_id)
    if document is None:
        raise NotFound(
            f"No conversion has the id {conversion_id[:64]!r}. A conversion is gone where its goal was deleted, or its "
            "person's events were corrected."
        )
    goal = version_of_goal(sources.goals, tenant.id, document["goal"], document["goal_version"])
    backfill = None if goal is None else sources.backfills.of(tenant.id, goal, now)
    return conversion_facts(document, zone) | {
        "as_of": rfc3339(now, zone),
        "computed_at": rfc3339(document["computed_at"], zone),
        "goal": None if goal is None else goal_facts(goal),
        "backfill": backfill_facts(backfill, zone),
        "notes": [] if goal is None else version_notes(goal, zone),
        "models": [{"name": model.name, "definition": model.words} for model in MODELS.values()],
        "touches": [_touch_facts(touch, document, zone) for touch in document["touches"]],
        "touches_left_out": document["touches_left_out"],
        "why": _why(document, goal),
    }


def list_conversions(
    goal: Goal, span: TimeRange, limit: int, after: tuple[int, str] | None, tenant: Tenant, sources: Sources
) -> list[Document]:
    """Up to `limit` + 1, in order of time."""
    parts = ("@timestamp", "event", "person", "action", "value", "context", "goal", "goal_version", "touch_count")
    page = ConversionPage(ConversionsOf(goal.id, goal.version, span), limit + 1, after, parts)
    return sources.conversions.page(tenant.id, page)


def conversion_facts(document: Document, zone: ZoneInfo) -> dict[str, Any]:
    value = document.get("value")
    return {
        "id": document["_id"],
        "timestamp": rfc3339(document["@timestamp"], zone),
        "person": document["person"],
        "action": document["action"],
        "context": document.get("context", {}),
        "value": None if value is None else _money(value["amount_e4"], value["currency"]),
        "goal_id": document["goal"],
        "goal_version": document["goal_version"],
        "touch_count": document["touch_count"],
    }


def _touch_facts(touch: Document, document: Document, zone: ZoneInfo) -> dict[str, Any]:
    properties: dict[str, list[Any]] = {}
    for key, one in map(read_entry, touch.get("properties", ())):
        properties.setdefault(key, []).append(one)
    return {
        "timestamp": rfc3339(touch["@timestamp"], zone),
        "received_at": rfc3339(received_at_of(touch["sequence"]), zone),
        "age_ms": touch["age_ms"],
        "age": describe_duration(touch["age_ms"]),
        "action": touch["action"],
        "object": touch.get("object", {}),
        "context": touch.get("context", {}),
        "resource": touch.get("resource", {}),
        "properties": properties,
        "place": touch["place"],
        "direct": touch["direct"],
        "credit": {model.name: _credit(model, touch, document) for model in MODELS.values()},
    }


def _credit(model: Model, touch: Document, document: Document) -> dict[str, Any]:
    value = document.get("value")
    share = _weighed(model, {name: touch.get(name, 0) * (MICRO if name in FLAGS else 1) for name in COLUMNS})
    credit: dict[str, Any] = {"share": share_text(round(share))}
    if value is not None:
        earned = _weighed(model, {name: touch.get(f"{name}_e4", 0) for name in COLUMNS})
        credit["value"] = _money(round(earned), value["currency"])
    return credit


def _weighed(model: Model, columns: dict[str, int]) -> Fraction:
    return sum((w * columns[name] for name, w in zip(COLUMNS, model.weights, strict=True)), Fraction(0))


def _money(amount_e4: int, currency: str) -> dict[str, str]:
    return {"amount": amount_text(Decimal(amount_e4)), "currency": currency}


def _why(document: Document, goal: Goal | None) -> str:
    number = document["touch_count"]
    window = "" if goal is None else f" of {describe_duration(goal.lookback_ms)}"
    if not number:
        return f"No touch of this person lies within the lookback{window} before the conversion: it is unattributed."
    winner = next(n for n, touch in enumerate(document["touches"], 1) if touch["last_non_direct"])
    left_out = document["touches_left_out"]
    more = f" {left_out:,} touches between the first and these were left out." if left_out else ""
    return (
        f"{number:,} {'touch lies' if number == 1 else 'touches lie'} within the lookback{window}. The first gets the "
        f"credit of first, the latest that of last, and touch {winner:,} that of last_non_direct.{more}"
    )
