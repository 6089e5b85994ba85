"""Which key figures may be asked for, as the API takes it, and the same as a question of the domain."""

from typing import Annotated, Literal

from pydantic import Field
from touchline.domain.kpis.definitions import KPIS
from touchline.domain.kpis.question import HORIZON_DAYS, ROLES, KpisQuestion, Role
from touchline.domain.queries.fields import Field as EventField
from touchline.domain.queries.fields import groupable
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.intervals import parse_interval
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidFilter, InvalidRequest
from touchline.ports import Goals
from touchline.services.named_goals import named_goal
from touchline.services.stored_filters import as_stored

from query_api.questions import BrokenDown, Compared, QuestionBody, Strict, Text, breakdown_of, compare_of, scope_of

MOST_DAYS = 400
LONGEST_HORIZON_DAYS = 1_825
MOST_ACTIONS = 20
ACTION = EventField("action", "text")


class KpisBody(QuestionBody, BrokenDown, Compared):
    """Key figures over a range, with their trend."""

    kpis: list[Text] | None = Field(
        default=None,
        min_length=1,
        max_length=len(KPIS),
        description=f"Unless given all that can be told: {', '.join(KPIS)}.",
    )
    goal: Text | None = Field(default=None, description="A goal's id: what a conversion is.")
    goal_version: int | None = Field(default=None, ge=1, description="The current one unless given.")
    interval: Text = Field(default="day", examples=["day", "week", "month"])
    message_field: Text = Field(default="context.message", description="What tells messages apart.")
    actions: dict[Literal[tuple(ROLES)], Annotated[list[Text], Field(min_length=1, max_length=MOST_ACTIONS)]] = Field(  # type: ignore[valid-type]
        default={}, description="Which actions are which, where yours differ.", examples=[{"opened": ["mail_read"]}]
    )
    horizon_days: int = Field(
        default=HORIZON_DAYS, ge=1, le=LONGEST_HORIZON_DAYS, description="How far clv_predicted looks ahead."
    )


class KpiPeople(Strict):
    """People behind a number of the whole range."""

    input: Literal["converters", "new_customers", "entered", "entered_converted", "customers_before", "customers_kept"]


def as_question(body: KpisBody, tenant: Tenant, goals: Goals | None, now: int) -> KpisQuestion:
    """Raises InvalidRequest and its kinds. Without `goals` the goal is not looked up."""
    goal = named_goal(goals, tenant.id, body.goal, body.goal_version, "goal") if body.goal and goals else None
    return KpisQuestion(
        scope=scope_of(body, tenant, now, most_days=MOST_DAYS),
        interval=parse_interval(body.interval),
        names=_names(body.kpis, with_goal=goal is not None),
        actions=_actions(body, tenant),
        message=groupable(body.message_field, "message_field"),
        goal=goal,
        breakdown=breakdown_of(body),
        compare=compare_of(body),
        horizon_days=body.horizon_days,
    )


def _names(asked: list[str] | None, *, with_goal: bool) -> tuple[str, ...]:
    if asked is None:
        return tuple(name for name, kpi in KPIS.items() if with_goal or "goal" not in kpi.needs)
    for number, name in enumerate(asked):
        if name not in KPIS:
            raise InvalidRequest(
                f"No key figure is named {name[:64]!r}. There are: {', '.join(KPIS)}.", field=f"kpis.{number}"
            )
    return tuple(dict.fromkeys(asked))


def _actions(body: KpisBody, tenant: Tenant) -> dict[Role, tuple[str, ...]]:
    return {role: _stored(body.actions.get(role), role, tenant) or usual for role, usual in ROLES.items()}


def _stored(actions: list[str] | None, role: Role, tenant: Tenant) -> tuple[str, ...]:
    try:
        (found,) = as_stored((Filter(ACTION, "in", tuple(actions or ())),), tenant)
    except InvalidFilter as refused:
        raise InvalidFilter(str(refused), field=f"actions.{role}") from refused
    return tuple(str(action) for action in found.values)
