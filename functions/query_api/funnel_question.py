"""What a funnel may be asked for, as the API takes it, and the same as a question of the domain."""

from typing import Annotated

from pydantic import Field
from touchline.domain.queries.durations import parse_duration
from touchline.domain.queries.fields import groupable
from touchline.domain.queries.intervals import parse_interval
from touchline.domain.sequences.funnel_people import Who
from touchline.domain.sequences.funnels import (
    FEWEST_STEPS,
    LONGEST_WINDOW,
    MOST_EXCLUSIONS,
    MOST_HELD,
    MOST_STEPS,
    Attribution,
    Effect,
    Entry,
    Exclusion,
    Funnel,
    FunnelBreakdown,
    Mode,
    Step,
)
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest
from touchline.services.answer_funnel import FunnelCell

from query_api.cells import RowBody, moment_of, row_of
from query_api.questions import (
    BreakdownBody,
    FilterBody,
    QuestionBody,
    Strict,
    Text,
    filters_of,
    said_filters,
    scope_of,
)

type Conditions = Annotated[list[FilterBody], Field(min_length=1, max_length=20)]


class StepBody(Strict):
    """An event that meets all the filters."""

    name: Text | None = Field(default=None, description="The filters in words unless given.")
    filters: Conditions
    optional: bool = Field(default=False, description="Counted where it was done in between; never waited for.")


class ExclusionBody(Strict):
    """An event that must not come between."""

    name: Text | None = None
    filters: Conditions
    effect: Effect = Field(
        default="drop_person", description="Leave its person out altogether, or only end the chain there."
    )


class FunnelBreakdownBody(BreakdownBody):
    """Under which value a person counts: of the first or last step that has one, of all alike, or of a step."""

    by: Attribution = "first"
    step: int | None = Field(default=None, ge=1, le=MOST_STEPS, description="For by: step.")


class FunnelBody(QuestionBody):
    """How many people did step after step."""

    steps: list[StepBody] = Field(min_length=FEWEST_STEPS, max_length=MOST_STEPS)
    window: Text = Field(default="7 days", examples=["7 days", "90 minutes"], description="From the first step on.")
    mode: Mode = Field(default="in_order", description="strict: no other event in between.")
    entry: Entry = Field(default="any", description="Which first steps may begin a chain.")
    exclusions: list[ExclusionBody] = Field(default=[], max_length=MOST_EXCLUSIONS)
    hold_constant: list[Text] = Field(default=[], max_length=MOST_HELD, examples=[["context.campaign"]])
    breakdown: FunnelBreakdownBody | None = None
    interval: Text | None = Field(default=None, description="The trend by when people began; none unless given.")


class FunnelCellBody(Strict):
    """A number of a funnel's answer."""

    who: Who = "reached"
    step: int = Field(default=1, ge=1, le=MOST_STEPS)
    row: RowBody = RowBody()
    bucket: Text | None = Field(default=None, description="`from` of one of the answer's buckets.")


def as_funnel(body: FunnelBody, tenant: Tenant, now: int) -> Funnel:
    """Raises InvalidRequest and its kinds."""
    _check_optional(body)
    held = tuple(groupable(name, f"hold_constant.{number}") for number, name in enumerate(body.hold_constant))
    return Funnel(
        scope_of(body, tenant, now),
        tuple(_step(one, f"steps.{number}", tenant) for number, one in enumerate(body.steps)),
        parse_duration(body.window, "window", longest=LONGEST_WINDOW),
        body.mode,
        body.entry,
        tuple(_exclusion(one, f"exclusions.{number}", tenant) for number, one in enumerate(body.exclusions)),
        held,
        _breakdown(body),
        parse_interval(body.interval) if body.interval else None,
    )


def as_cell(cell: FunnelCellBody, funnel: Funnel) -> FunnelCell:
    if cell.step > len(funnel.steps):
        raise InvalidRequest(f"The funnel has {len(funnel.steps)} steps.", field="cell.step")
    return FunnelCell(cell.who, cell.step - 1, row_of(cell.row), moment_of(cell.bucket, funnel.scope.zone))


def _step(body: StepBody, where: str, tenant: Tenant) -> Step:
    said = tuple(one.describe() for one in said_filters(body.filters, f"{where}.filters"))
    criterion = filters_of(body.filters, f"{where}.filters", tenant)
    return Step(body.name or " and ".join(said), criterion, said, body.optional)


def _exclusion(body: ExclusionBody, where: str, tenant: Tenant) -> Exclusion:
    said = tuple(one.describe() for one in said_filters(body.filters, f"{where}.filters"))
    criterion = filters_of(body.filters, f"{where}.filters", tenant)
    return Exclusion(body.name or " and ".join(said), criterion, said, body.effect)


def _breakdown(body: FunnelBody) -> FunnelBreakdown | None:
    one = body.breakdown
    if one is None:
        return None
    if (one.by == "step") != (one.step is not None):
        raise InvalidRequest("'step' goes with by: step, and is needed there.", field="breakdown.step")
    if (one.step or 1) > len(body.steps):
        raise InvalidRequest(f"The funnel has {len(body.steps)} steps.", field="breakdown.step")
    return FunnelBreakdown(groupable(one.field, "breakdown.field"), one.top, one.by, (one.step or 1) - 1)


def _check_optional(body: FunnelBody) -> None:
    if body.steps[0].optional:
        raise InvalidRequest("The first step cannot be optional: a chain begins with it.", field="steps.0.optional")
    if sum(not one.optional for one in body.steps) < FEWEST_STEPS:
        raise InvalidRequest(f"At least {FEWEST_STEPS} steps must not be optional.", field="steps")
    if body.mode != "in_order" and any(one.optional for one in body.steps):
        raise InvalidRequest("Optional steps need mode: in_order.", field="mode")
