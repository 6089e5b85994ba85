"""What cohorts may be asked for, as the API takes it, and the same as a question of the domain."""

from typing import Annotated, Literal

from pydantic import Field
from touchline.domain.goals import ENTRY_ACTIONS
from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.cohort_questions import DEFAULT_ENTRY, MOST_ENTRIES, MOST_VALUES, CohortsQuestion
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.durations import UNIT_MS, parse_duration
from touchline.domain.queries.intervals import parse_interval
from touchline.domain.queries.ranges import read_moment
from touchline.domain.queries.scope import Scope
from touchline.domain.sequences.cohorts import MOST_PERIODS
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRange, InvalidRequest
from touchline.ports import Goals
from touchline.services.named_goals import named_goal

from query_api.comparison_question import criteria_of
from query_api.questions import Filters, QuestionBody, Strict, Text, scope_of

LONGEST_WINDOW = 365 * UNIT_MS["day"]


class CohortsBody(QuestionBody):
    """People by when they entered, and how soon a goal followed. `filters` are on the entries."""

    goal: Text = Field(description="A goal's id.")
    goal_version: int | None = Field(default=None, ge=1, description="The current one unless given.")
    dimension: Literal["campaign", "journey", "segment"] = Field(default="campaign", description="What is entered.")
    values: list[Text] = Field(
        default=[], max_length=MOST_VALUES, description="A table each. May be left out where `entry` is given."
    )
    interval: Text = Field(default="day", examples=["day", "week", "month"], description="Of the time of entry.")
    ages: int = Field(default=14, ge=1, le=MOST_PERIODS, description="How many periods of 24 hours since entry.")
    entries: Literal["first", "every"] = Field(default="first", description="A person's first entry, or each of them.")
    entry: Annotated[list[Filters], Field(min_length=1, max_length=MOST_ENTRIES)] | None = Field(
        default=None,
        description="Lists of conditions: an event is an entry that meets all of one list. Unless given, one of the "
        f"actions {', '.join(ENTRY_ACTIONS)}.",
        examples=[[[{"field": "action", "value": "email_delivered"}]]],
    )
    as_of: Text | None = Field(default=None, description="A moment up to now: what happened later does not count.")
    conversion_window: Text | None = Field(
        default=None, description="Converted at most so long after entry.", examples=["30 days"]
    )


class CohortPeople(Strict):
    """People of a cell of the triangle, of a cohort, or of a whole table."""

    value: Text | None = Field(default=None, description="Of `values`; needed where there are several.")
    bucket: Text | None = Field(default=None, description="Where the cohort begins; all cohorts unless given.")
    group: Literal["entered", "converted", "not_converted"] = "converted"
    age: int | None = Field(
        default=None, ge=0, lt=MOST_PERIODS, description="Converted by this age; ever unless given."
    )


def as_question(body: CohortsBody, tenant: Tenant, goals: Goals, now: int) -> CohortsQuestion:
    """Raises InvalidRequest and its kinds."""
    scope = check_question(body, tenant, now)
    goal = named_goal(goals, tenant.id, body.goal, body.goal_version, "goal")
    entry, said = _entry(body, tenant)
    return CohortsQuestion(
        scope=scope,
        goal=goal,
        dimension=body.dimension,
        values=tuple(dict.fromkeys(body.values)),
        interval=parse_interval(body.interval),
        ages=body.ages,
        every=body.entries == "every",
        entry=entry,
        entry_said=said,
        as_of=_as_of(body, scope, now),
        window_ms=goal.conversion_window_ms if body.conversion_window is None else _window(body.conversion_window),
    )


def check_question(body: CohortsBody, tenant: Tenant, now: int) -> Scope:
    """What can be said of it without the goal."""
    scope = scope_of(body, tenant, now)
    if not body.values and body.entry is None:
        raise InvalidRequest(
            f"Name at least one {body.dimension} in 'values', or say in 'entry' what an entry is.", field="values"
        )
    _entry(body, tenant)
    parse_interval(body.interval)
    _as_of(body, scope, now)
    if body.conversion_window is not None:
        _window(body.conversion_window)
    return scope


def _entry(body: CohortsBody, tenant: Tenant) -> tuple[tuple[Criterion, ...] | None, str]:
    if body.entry is not None:
        return criteria_of(body.entry, "entry", tenant)
    return None, " and ".join(one.describe() for one in DEFAULT_ENTRY)


def _as_of(body: CohortsBody, scope: Scope, now: int) -> int:
    if body.as_of is None:
        return now
    moment = read_moment(body.as_of, scope.zone, "as_of")
    if moment > now:
        raise InvalidRange(f"'as_of' lies ahead; it may be up to {rfc3339(now, scope.zone)}.", field="as_of")
    return moment


def _window(text: str) -> int:
    return parse_duration(text, "conversion_window", longest=LONGEST_WINDOW)
