"""What a comparison of arms may be asked for, as the API takes it, and the same as a question of the domain."""

from typing import Annotated, Literal

from pydantic import Field
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.durations import UNIT_MS, parse_duration
from touchline.domain.queries.experiments import (
    DEFAULT_EXPOSURES,
    MOST_ARMS,
    MOST_OUTCOMES,
    ComparisonQuestion,
    Outcome,
    is_of_a_message,
    of_goal,
)
from touchline.domain.queries.fields import Field as EventField
from touchline.domain.queries.fields import groupable
from touchline.domain.queries.filters import Filter
from touchline.domain.statistics.verdicts import Rules
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest
from touchline.ports import Goals
from touchline.services.named_goals import named_goal
from touchline.services.stored_filters import as_stored

from query_api.questions import Filters, QuestionBody, Scalar, Strict, Text, said_filters, scope_of

MOST_DAYS = 400
LONGEST_WINDOW = 365 * UNIT_MS["day"]
MOST_ALTERNATIVES = 8
type Alternatives = Annotated[list[Filters], Field(min_length=1, max_length=MOST_ALTERNATIVES)]


class OutcomeBody(Strict):
    """A goal, or events that meet one of the lists of conditions."""

    name: Text | None = Field(default=None, description="For the answer; the goal's name unless given.")
    goal: Text | None = Field(default=None, description="A goal's id.")
    goal_version: int | None = Field(default=None, ge=1, description="The current one unless given.")
    any_of: Alternatives | None = Field(
        default=None,
        description="Lists of conditions: an event counts that meets all of one list.",
        examples=[[[{"field": "action", "value": "email_opened"}]]],
    )
    of_the_arm: bool | None = Field(
        default=None,
        description="Only events that carry the arm's own value. Unless given: for what is done with a message itself "
        "(all actions begin with email_, ad_, message_, push_ or sms_).",
    )


class ComparisonBody(QuestionBody):
    """Arms of an experiment. `filters` are on the exposures: a campaign, for example."""

    field: Text = Field(default="context.variant", description="Whose values are the arms.")
    arms: list[Scalar] | None = Field(
        default=None, min_length=2, max_length=MOST_ARMS, description="Every value that occurs unless given."
    )
    baseline: Scalar | None = Field(default=None, description="The arm to compare with; the first unless given.")
    exposure: Alternatives | None = Field(
        default=None,
        description=f"What an exposure is; unless given, one of the actions {', '.join(DEFAULT_EXPOSURES)}.",
    )
    outcomes: list[OutcomeBody] = Field(min_length=1, max_length=MOST_OUTCOMES)
    window: Text | None = Field(
        default=None,
        description="Counts only what is done so soon after exposure, both ends included.",
        examples=["7 days"],
    )
    split: list[Annotated[float, Field(strict=False, gt=0, le=1e6)]] | None = Field(
        default=None, description="The intended split, one weight for each of `arms`; even unless given."
    )
    confidence: Annotated[float, Field(ge=0.5, le=0.9999)] = 0.95
    peek_safe: bool = Field(
        default=False, description="Wider intervals that hold however often one looks, instead of once at the end."
    )


class ComparedPeople(Strict):
    """Contacts of an arm, or of all arms."""

    group: Literal["exposed", "converted", "not_converted", "left_out"] = "converted"
    arm: Scalar | None = Field(default=None, description="All arms unless given.")
    outcome: Text | None = Field(default=None, description="An outcome's name; needed where there are several.")


def as_question(body: ComparisonBody, tenant: Tenant, goals: Goals | None, now: int) -> ComparisonQuestion:
    """Raises InvalidRequest and its kinds. Without `goals` outcomes that are goals are not looked at."""
    scope = scope_of(body, tenant, now, most_days=MOST_DAYS)
    exposures, said = _exposures(body.exposure, tenant)
    found = [_outcome(one, number, tenant, goals) for number, one in enumerate(body.outcomes)]
    outcomes = tuple(one for one in found if one is not None)
    _check_names(outcomes)
    _check_split(body)
    return ComparisonQuestion(
        scope=scope,
        field=groupable(body.field, "field"),
        exposures=exposures,
        exposed_said=said,
        outcomes=outcomes,
        window_ms=parse_duration(body.window, "window", longest=LONGEST_WINDOW) if body.window else None,
        arms=tuple(body.arms) if body.arms else None,
        baseline=body.baseline,
        split=tuple(body.split) if body.split else None,
        rules=Rules(body.confidence, body.peek_safe),
    )


def criteria_of(bodies: list[Filters], where: str, tenant: Tenant) -> tuple[tuple[Criterion, ...], str]:
    """As stored, and in the asker's words."""
    said = [said_filters(one, f"{where}.{number}") for number, one in enumerate(bodies)]
    if not all(said):
        raise InvalidRequest("Each list needs at least one condition.", field=where)
    words = ", or ".join(" and ".join(one.describe() for one in criterion) for criterion in said)
    return tuple(as_stored(criterion, tenant) for criterion in said), words


def _exposures(bodies: list[Filters] | None, tenant: Tenant) -> tuple[tuple[Criterion, ...], str]:
    if bodies is not None:
        return criteria_of(bodies, "exposure", tenant)
    default = Filter(EventField("action", "text"), "in", DEFAULT_EXPOSURES)
    return ((default,),), default.describe()


def _outcome(body: OutcomeBody, number: int, tenant: Tenant, goals: Goals | None) -> Outcome | None:
    where = f"outcomes.{number}"
    if (body.goal is None) == (body.any_of is None):
        raise InvalidRequest("An outcome has either 'goal' or 'any_of'.", field=where)
    if body.goal is not None:
        if goals is None:
            return None
        found = of_goal(named_goal(goals, tenant.id, body.goal, body.goal_version, f"{where}.goal"))
        return Outcome(
            body.name or found.name,
            found.definition,
            found.criteria,
            bool(body.of_the_arm),
            found.counted,
            found.value,
            found.goal,
        )
    criteria, words = criteria_of(body.any_of or [], f"{where}.any_of", tenant)
    own = is_of_a_message(criteria) if body.of_the_arm is None else body.of_the_arm
    definition = f"events where {words}" + (", which carry the arm's own value" if own else "")
    return Outcome(body.name or words, definition, criteria, own)


def _check_names(outcomes: tuple[Outcome, ...]) -> None:
    names = [one.name for one in outcomes]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise InvalidRequest(f"Two outcomes are named {name!r}.", field=f"outcomes.{number}.name")


def _check_split(body: ComparisonBody) -> None:
    if body.split is not None and (body.arms is None or len(body.split) != len(body.arms)):
        raise InvalidRequest("'split' has one weight for each of 'arms', which then must be given.", field="split")
