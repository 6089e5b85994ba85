"""The shapes of answers, for the description of the API only: answers are made once, as JSON."""

from typing import Any, Literal

from pydantic import BaseModel, Field

type Value = int | float | str | dict[str, Any] | None


class Span(BaseModel):
    from_: str = Field(alias="from")
    to: str


class BucketAnswer(Span):
    complete: bool = Field(description="false while the bucket is not over.")


class Accuracy(BaseModel):
    exact: bool
    bound: str | None = Field(description="How far off an estimate can be.")
    notes: list[str]


class IndexAge(BaseModel):
    refresh_seconds: int
    lag_ms: int | None = Field(description="From receipt to searchable, last seen.")


class AttributionAge(BaseModel):
    lag_ms: int | None = Field(
        description="From an event being known to its conversions being computed, last seen; null where there was "
        "nothing to compute in the last 20 minutes."
    )
    seen_at: str | None


class Series(BaseModel):
    kind: Literal["whole", "value", "other", "absent"]
    key: str | int | float | bool | None = None
    values: list[Value] = Field(description="One for each bucket; by currency for amounts, which are decimal text.")
    total: Value


class ComparedSeries(Series):
    change: list[Value] = Field(description="Relative to this period; null from 0.")
    total_change: Value


class BreakdownAnswer(BaseModel):
    field: str
    top: int
    ranked_by: Literal["events"]
    adds_up: bool
    why_not: str | None
    choice_error_bound: int


class ComparisonAnswer(BaseModel):
    with_: str = Field(alias="with")
    match_weekday: bool
    range: Span
    accuracy: Accuracy
    buckets: list[Span]
    series: list[ComparedSeries]


class AnswerHead(BaseModel):
    """What every answer begins with: services/answer_head.py."""

    definition: str
    range: Span
    time_zone: str
    week_starts_on: str
    filters: list[str]
    segment: list[str] | None
    accuracy: Accuracy
    as_of: str
    notes: list[str]


class TimeSeriesAnswer(AnswerHead):
    interval: str
    index: IndexAge
    buckets: list[BucketAnswer]
    series: list[Series]
    breakdown: BreakdownAnswer | None = None
    comparison: ComparisonAnswer | None = None


class Amount(BaseModel):
    amount: str
    currency: str


class EventAnswer(BaseModel):
    id: str
    timestamp: str
    original_timestamp: str | None = None
    received_at: str
    action: str
    action_raw: str | None = None
    actor: dict[str, str]
    object: dict[str, str] | None = None
    context: dict[str, str] | None = None
    resource: dict[str, str] | None = None
    value: Amount | None = None
    properties: dict[str, Any] | None = None


class EventsAnswer(BaseModel):
    range: Span
    time_zone: str
    filters: list[str]
    order: Literal["newest_first", "oldest_first"]
    as_of: str
    events: list[EventAnswer]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class ValueUse(BaseModel):
    value: str | int | float | bool
    events: int


class FieldAnswer(BaseModel):
    name: str
    type: Literal["text", "amount"]
    can_break_down: bool
    events: int | None = None
    distinct_about: int | None = None
    values: list[ValueUse] = []
    look_alikes: list[list[str]] = Field(default=[], description="Values that differ only by case, blanks or dashes.")


class PropertyAnswer(BaseModel):
    name: str
    type: Literal["text", "number", "boolean"]
    events: int
    values: list[ValueUse]


class SchemaAnswer(BaseModel):
    range: Span
    as_of: str
    fields: list[FieldAnswer]
    properties: list[PropertyAnswer]
    properties_complete: bool


class IndexState(IndexAge):
    caught_up: bool | None = Field(
        description="true: nothing waits, or what you sent up to 15 s ago is in; false: what is just coming in was "
        "sent earlier; null: you sent nothing lately, or none of it has come in."
    )
    received_at: str | None
    indexed_at: str | None


class NewestEvent(BaseModel):
    happened_at: str
    received_at: str


class DayDifference(BaseModel):
    day: str
    action: str
    archived: int
    indexed: int


class ReconciliationAnswer(BaseModel):
    at: str
    first_day: str | None
    last_day: str | None
    balanced: bool
    differences_found: int
    differences: list[DayDifference] = Field(description="The first hundred.")


class CompactionAnswer(BaseModel):
    at: str


class StatusAnswer(BaseModel):
    as_of: str
    time_zone: str
    index: IndexState
    attribution: AttributionAge
    newest_event: NewestEvent | None
    events_today: int
    reconciliation: ReconciliationAnswer | None
    compaction: CompactionAnswer | None


class ProblemAnswer(BaseModel):
    """RFC 9457. `code` never changes; `detail` is for people and says what would have worked."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    field: str | None = None
    errors: list[dict[str, str]] | None = Field(default=None, description="All faulty fields, where there are several.")


class ProgressAnswer(BaseModel):
    done: int
    of: int
    remaining_seconds: int | None = Field(description="If the rest goes on as it went so far.")


class LaterAnswer(BaseModel):
    """An answer that nobody waits for."""

    id: str
    kind: str
    state: Literal["waiting", "working", "done", "failed", "cancelled"]
    asked_at: str
    since: str = Field(description="When it came into its state.")
    expires_at: str
    tries: int
    progress: ProgressAnswer | None
    problem: dict[str, Any] | None = Field(description="Why it failed, or why its last try did.")
    status: str = Field(description="Where to look for its state.")
    result: str | None = Field(description="Where the answer is, once it is done.")


class Linked(BaseModel):
    link: str
    works_for_seconds: int
    content_type: str


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"model": ProblemAnswer}}}


PROBLEMS: dict[int, Any] = {
    400: _problem("The request cannot be read"),
    401: _problem("No key, or one that is not known"),
    403: _problem("The key lacks the scope `read`"),
    422: _problem("The request breaks its contract; the field, the reason and what would work"),
    503: _problem("A store is in trouble; the same request may work a moment later"),
}

# Of what may be large, or take long.
ANSWERED: dict[int, Any] = {
    202: {
        "description": "It is worked on: `Prefer: respond-async`, or it takes longer than can be waited for",
        "content": {"application/json": {"model": LaterAnswer}},
    },
    303: {
        "description": "It is too large for a response: `Location` is where it can be fetched, without a key",
        "content": {"application/json": {"model": Linked}},
    },
    **PROBLEMS,
    404: _problem("Nothing of this workspace has that name"),
    409: _problem("It is not finished, or was called off"),
}
