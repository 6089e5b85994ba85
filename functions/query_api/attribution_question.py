"""What attribution may be asked for, as the API takes it, and the same as a question of the domain."""

from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field
from touchline.domain.attributed import CUSTOM, DATA_DRIVEN, KNOWN_MODELS, MODELS, check_model
from touchline.domain.goals import Goal
from touchline.domain.queries.attribution_questions import (
    MOST_TOP,
    AttributionQuestion,
    check_filters,
    check_lookback,
)
from touchline.domain.queries.durations import UNIT_MS, parse_duration
from touchline.domain.queries.fields import Field as EventField
from touchline.domain.queries.fields import groupable
from touchline.domain.queries.intervals import parse_interval
from touchline.domain.queries.scope import Scope
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest, UnknownField
from touchline.ports import Goals
from touchline.services.named_goals import named_goal

from query_api.questions import Compared, QuestionBody, Scalar, Strict, Text, compare_of, scope_of

LONGEST_LOOKBACK = 365 * UNIT_MS["day"]
MOST_CHANNELS = 50
type Weight = Annotated[float, Field(strict=False, ge=0, le=1e6)]


class WeightsBody(Strict):
    """Of the first touch, of all between together, and of the last. They need not add up to anything."""

    first: Weight
    middle: Weight
    last: Weight


class TouchesBody(QuestionBody):
    """Which touches count. `filters` are on the conversions: action, context.* and value.*."""

    goal: Text = Field(description="A goal's id.")
    goal_version: int | None = Field(default=None, ge=1, description="The current one unless given.")
    dimension: Text = Field(
        default="context.campaign", description="The field of the touches that earns the credit: any but actor.id."
    )
    lookback: Text | None = Field(
        default=None, description="How far back touches count, both ends included; at most the goal's own.",
        examples=["7 days"],
    )  # fmt: skip
    collapse_repeats: bool = Field(
        default=False, description="Of consecutive touches with the same value only the last counts."
    )


class AttributionBody(TouchesBody, Compared):
    """Which campaign, channel or anything else earned a goal's conversions, by their time."""

    models: list[Text] = Field(
        default=[*MODELS], min_length=1, max_length=len(KNOWN_MODELS), description=f"Of {', '.join(KNOWN_MODELS)}."
    )
    weights: WeightsBody | None = Field(default=None, description="For the model custom, and only with it.")
    top: int = Field(default=20, ge=1, le=MOST_TOP, description="How many values, by falling linear credit.")
    direct_channels: list[Text] | None = Field(
        default=None, max_length=MOST_CHANNELS, description="For last_non_direct; the goal's own unless given."
    )
    spend: bool = Field(default=False, description="Spend by the dimension's values, and value credited for it (ROAS).")
    interval: Text | None = Field(default=None, description="Credit over time, too.", examples=["day", "week"])


class AttributionPeople(Strict):
    """People with conversions of a row of the answer."""

    kind: str = Field(default="whole", pattern="^(whole|value|other|absent|unattributed)$")
    key: Scalar | None = Field(default=None, description="Of a row whose kind is value.")


def as_question(body: AttributionBody, tenant: Tenant, goals: Goals, now: int) -> AttributionQuestion:
    """Raises InvalidRequest and its kinds."""
    models = tuple(dict.fromkeys(check_model(name, f"models.{n}") for n, name in enumerate(body.models)))
    return touches_question(
        body,
        tenant,
        goals,
        now,
        models=models,
        top=body.top,
        custom=_weights(body, models),
        direct_channels=None if body.direct_channels is None else tuple(body.direct_channels),
        interval=parse_interval(body.interval) if body.interval else None,
        compare=compare_of(body),
        with_spend=body.spend,
    )


def check_question(body: AttributionBody, tenant: Tenant, now: int) -> None:
    """What can be said of it without the goal."""
    models = tuple(check_model(name, f"models.{n}") for n, name in enumerate(body.models))
    _weights(body, models)
    if body.interval:
        parse_interval(body.interval)
    check_touches(body, tenant, now)


def check_touches(body: TouchesBody, tenant: Tenant, now: int) -> Scope:
    scope = scope_of(body, tenant, now)
    check_filters(scope.filters)
    _dimension(body.dimension)
    if body.lookback is not None:
        parse_duration(body.lookback, "lookback", longest=LONGEST_LOOKBACK)
    return scope


def touches_question(body: TouchesBody, tenant: Tenant, goals: Goals, now: int, **more: Any) -> AttributionQuestion:
    scope = check_touches(body, tenant, now)
    goal = named_goal(goals, tenant.id, body.goal, body.goal_version, "goal")
    direct = more.pop("direct_channels", None)
    asked: dict[str, Any] = {"models": (DATA_DRIVEN,), "top": MOST_TOP, "custom": None} | more
    return AttributionQuestion(
        scope=scope,
        goal=goal,
        field=_dimension(body.dimension),
        lookback_ms=_lookback(body, goal),
        direct_channels=goal.direct_channels if direct is None else direct,
        collapse=body.collapse_repeats,
        **asked,
    )


def _dimension(name: str) -> EventField:
    field = groupable(name, "dimension")
    if name == "actor.id" or name.startswith("value."):
        raise UnknownField(
            f"Touches are not told apart by {name}. Use context.*, object.*, resource.*, action, actor.type or "
            "properties.<key>.",
            field="dimension",
        )
    return field


def _lookback(body: TouchesBody, goal: Goal) -> int:
    if body.lookback is None:
        return goal.lookback_ms
    return check_lookback(parse_duration(body.lookback, "lookback", longest=LONGEST_LOOKBACK), goal)


def _weights(body: AttributionBody, models: tuple[str, ...]) -> tuple[Fraction, Fraction, Fraction] | None:
    weights = body.weights
    if (CUSTOM in models) != (weights is not None):
        raise InvalidRequest("'weights' are given with the model custom, and only then.", field="weights")
    if weights is None:
        return None
    first, middle, last = (Fraction(str(one)) for one in (weights.first, weights.middle, weights.last))
    if not first + middle + last:
        raise InvalidRequest("At least one weight has to be above 0.", field="weights")
    return first, middle, last
