"""A goal as the API takes and shows it: to be kept, and to be tried before."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from touchline.domain.goals import (
    DEFAULT_DIRECT_CHANNELS,
    DEFAULT_TOUCH_ACTIONS,
    LONGEST_LOOKBACK_MS,
    MOST_DIRECT_CHANNELS,
    MOST_GOAL_CRITERIA,
    MOST_TOUCH_ACTIONS,
    FixedValue,
    Goal,
    GoalValue,
)
from touchline.domain.limits import NAME_CHARS
from touchline.domain.money import read_amount, read_currency
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.durations import describe_duration, parse_duration
from touchline.domain.queries.filters import MOST_FILTERS, Filter, Operator, make_filter
from touchline.domain.rejection import Refused
from touchline.domain.sent_shape import decimal_text
from touchline.domain.text import check_text
from touchline.errors import InvalidRequest

Text = Annotated[str, Field(min_length=1, max_length=300)]
Number = Annotated[int, Field(ge=-(2**53), le=2**53)] | Annotated[float, Field(allow_inf_nan=False)]
Value = Annotated[str, Field(max_length=1024)] | bool | Number


class Strict(BaseModel):
    """Unknown names are refused: a misspelt one must not silently do nothing."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class GoalConditionBody(Strict):
    """A condition on one field of the event."""

    field: Text = Field(examples=["value.amount", "properties.plan"])
    is_: Operator = Field(default="eq", alias="is")
    value: Value | list[Value] | None = Field(
        default=None, description="A list for in and not_in; nothing for exists and missing."
    )


class GoalCriterionBody(Strict):
    """Events of an action, or of one of several, that meet every condition."""

    action: Text | Annotated[list[Text], Field(min_length=1, max_length=MOST_TOUCH_ACTIONS)] = Field(
        examples=["purchase_made"]
    )
    filters: Annotated[list[GoalConditionBody], Field(max_length=MOST_FILTERS)] = []


class NoValueBody(Strict):
    type: Literal["none"]


class FixedValueBody(Strict):
    """Each conversion is worth the same."""

    type: Literal["fixed"]
    amount: Text | Number
    currency: Text = Field(examples=["EUR"])


class EventValueBody(Strict):
    """Each conversion is worth what its event says; without a value where it says nothing."""

    type: Literal["event"]


class GoalBody(Strict):
    """An event that meets any of the criteria is a conversion."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS)]
    criteria: Annotated[list[GoalCriterionBody], Field(min_length=1, max_length=MOST_GOAL_CRITERIA)]
    counted: Literal["once", "every"] = Field(default="every", description="once: only a person's first ever.")
    value: Annotated[NoValueBody | FixedValueBody | EventValueBody, Field(discriminator="type")] = NoValueBody(
        type="none"
    )
    touch_actions: Annotated[list[Text], Field(max_length=MOST_TOUCH_ACTIONS)] = Field(
        default=list(DEFAULT_TOUCH_ACTIONS), description="The actions that earn credit."
    )
    lookback: Text = Field(
        default="30 days", description="How long before a conversion a touch counts; at most a year."
    )
    half_life: Text = Field(default="7 days", description="For credit by time decay.")
    conversion_window: Text | None = Field(
        default=None, description="Cohorts: converted at most so long after the entry; without it, ever."
    )
    direct_channels: Annotated[list[Text], Field(max_length=MOST_DIRECT_CHANNELS)] = Field(
        default=list(DEFAULT_DIRECT_CHANNELS), description="Channels that the last non-direct touch leaves out."
    )


def goal_of(body: GoalBody, *, goal_id: str = "", version: int = 1) -> Goal:
    """As it was sent: `stored_goal` makes it fit to be kept. Raises InvalidRequest and its kinds."""
    window = body.conversion_window
    return Goal(
        id=goal_id,
        version=version,
        name=_name(body.name),
        criteria=tuple(_criterion(one, f"criteria.{number}") for number, one in enumerate(body.criteria)),
        counted=body.counted,
        value=_value(body.value),
        touch_actions=tuple(body.touch_actions),
        lookback_ms=_length(body.lookback, "lookback"),
        half_life_ms=_length(body.half_life, "half_life"),
        conversion_window_ms=None if window is None else _length(window, "conversion_window"),
        direct_channels=tuple(body.direct_channels),
    )


def goal_facts(goal: Goal) -> dict[str, Any]:
    """As GoalBody takes it, and so can be sent again."""
    window = goal.conversion_window_ms
    return {
        "name": goal.name,
        "criteria": [_criterion_facts(one) for one in goal.criteria],
        "counted": goal.counted,
        "value": _value_facts(goal.value),
        "touch_actions": list(goal.touch_actions),
        "lookback": describe_duration(goal.lookback_ms),
        "half_life": describe_duration(goal.half_life_ms),
        "conversion_window": None if window is None else describe_duration(window),
        "direct_channels": list(goal.direct_channels),
    }


def _name(text: str) -> str:
    try:
        return check_text(text.strip(), "", "name", NAME_CHARS)
    except Refused as refused:
        raise InvalidRequest(refused.rejection.reason, field="name") from refused


def _length(text: str, field: str) -> int:
    return parse_duration(text, field, longest=LONGEST_LOOKBACK_MS)


def _criterion(body: GoalCriterionBody, where: str) -> Criterion:
    several = isinstance(body.action, list)
    action = make_filter("action", "in" if several else "eq", body.action, where)
    return (
        action,
        *(make_filter(f.field, f.is_, f.value, f"{where}.filters.{number}") for number, f in enumerate(body.filters)),
    )


def _criterion_facts(criterion: Criterion) -> dict[str, Any]:
    action, *others = criterion
    return {
        "action": list(action.values) if action.operator == "in" else action.values[0],
        "filters": [_filter_facts(one) for one in others],
    }


def _filter_facts(one: Filter) -> dict[str, Any]:
    facts: dict[str, Any] = {"field": one.field.name, "is": one.operator}
    if one.operator in {"in", "not_in"}:
        return facts | {"value": [_shown(one, value) for value in one.values]}
    return facts | ({"value": _shown(one, one.values[0])} if one.values else {})


def _shown(one: Filter, value: Any) -> Any:
    """Amounts are kept as text, so that they stay exact."""
    return value if one.field.kind != "amount" else float(value)


def _value(body: NoValueBody | FixedValueBody | EventValueBody) -> GoalValue:
    match body:
        case FixedValueBody():
            try:
                return FixedValue(
                    read_amount(body.amount, "value.amount"), read_currency(body.currency, "value.currency")
                )
            except Refused as refused:
                raise InvalidRequest(refused.rejection.reason, field=refused.rejection.field) from refused
        case EventValueBody():
            return "event"
        case _:
            return None


def _value_facts(value: GoalValue) -> dict[str, Any]:
    match value:
        case FixedValue(amount_e4, currency):
            return {"type": "fixed", "amount": decimal_text(amount_e4), "currency": currency}
        case "event":
            return {"type": "event"}
        case _:
            return {"type": "none"}
