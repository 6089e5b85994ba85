"""What a goal would have counted, before it is kept."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field, model_validator
from touchline.adapters.goal_body import GoalBody, goal_of
from touchline.domain.goals import Goal
from touchline.domain.queries.scope import Scope
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidFilter
from touchline.services.answer_goal_preview import answer_goal_preview
from touchline.services.manage_goals import stored_goal
from touchline.services.sources import Sources, Work

from query_api.answers import AnswerHead
from query_api.kind import AnswerTable, Cell, Kind
from query_api.questions import QuestionBody, scope_of

UNLESS_SAID = "last_30_days"


class GoalPreviewBody(QuestionBody):
    """A goal as POST /v1/goals takes it, tried on what has happened; the last 30 days unless a range is given."""

    goal: GoalBody

    @model_validator(mode="before")
    @classmethod
    def _unless_said(cls, sent: Any) -> Any:
        if isinstance(sent, dict) and not sent.keys() & {"from", "to", "range"}:
            return {**sent, "range": UNLESS_SAID}
        return sent


class PreviewValue(BaseModel):
    currency: str
    total: str
    conversions: int = Field(description="Those that have a value in this currency.")


class PreviewDay(BaseModel):
    from_: str = Field(alias="from")
    to: str
    conversions: int
    people: int


class PreviewExample(BaseModel):
    event: str = Field(description="The event's document id.")
    at: str
    person: str | None
    value: dict[str, str] | None = None
    fields: dict[str, Any]


class GoalPreviewAnswer(AnswerHead):
    interval: str
    conversions: int
    people: int
    with_a_touch: int = Field(description="Conversions with a touch of the same person in the lookback.")
    without_a_touch: int
    values: list[PreviewValue]
    days: list[PreviewDay]
    examples: list[PreviewExample] = Field(description="The latest.")


def _asked(body: GoalPreviewBody, tenant: Tenant, now: int) -> tuple[Goal, Scope]:
    if body.filters:
        raise InvalidFilter("A preview takes no filters: put them into the goal's criteria.", field="filters")
    return stored_goal(goal_of(body.goal), tenant), scope_of(body, tenant, now)


def _answer(body: GoalPreviewBody, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    goal, scope = _asked(body, tenant, now)
    return answer_goal_preview(goal, scope, tenant, sources, now, work)


def _tables(answer: dict[str, Any]) -> list[AnswerTable]:
    def days() -> Iterator[list[Cell]]:
        return ([day["from"], day["conversions"], day["people"]] for day in answer["days"])

    values = ([one["currency"], one["total"], one["conversions"]] for one in answer["values"])
    return [
        AnswerTable("days", ("from", "conversions", "people"), days()),
        AnswerTable("values", ("currency", "total", "conversions"), values),
    ]


KIND = Kind(
    name="goal-preview",
    operation="previewGoal",
    body=GoalPreviewBody,
    shape=GoalPreviewAnswer,
    answer=_answer,
    tables=_tables,
    summary="What a goal would have counted",
    description="Conversions and people by day, value by currency, how many have a touch, and the latest of them.",
    reads_events=True,
    check=_asked,
)
