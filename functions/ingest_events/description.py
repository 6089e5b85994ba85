"""POST /v1/events as the API describes it. Never loaded where events are taken: pydantic would slow the start."""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path
from pydantic import BaseModel, ConfigDict, Field
from touchline.domain.limits import ACTION_CHARS, EVENTS_PER_REQUEST, ID_CHARS, IDEMPOTENCY_KEY_CHARS, NAME_CHARS

type Id = Annotated[str, Field(min_length=1, max_length=ID_CHARS)]
type Name = Annotated[str, Field(max_length=NAME_CHARS)]
type Moment = (
    Annotated[str, Field(description="RFC 3339 with an offset.")]
    | Annotated[int, Field(description="Epoch milliseconds.")]
)


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Actor(Sent):
    """Who did it. An e-mail address is stored as its keyed hash, unless the workspace keeps addresses."""

    id: Id | None = Field(default=None, description="Required, unless there is an email.")
    type: Name | None = None
    email: str | None = None
    anonymous_id: Id | None = Field(default=None, description="The id it had before it was known: both are one person.")
    previous_id: Id | None = Field(default=None, description="With the action alias: the id that it replaces.")


class Object(Sent):
    """To which thing."""

    id: Id | None = None
    type: Name | None = None
    name: Name | None = None


class Context(Sent):
    """In which campaign, journey, channel, message, variant, segment."""

    campaign: Name | None = None
    journey: Name | None = None
    channel: Name | None = None
    message: Name | None = None
    variant: Name | None = None
    segment: Name | None = None


class Resource(Sent):
    """Touching which asset."""

    id: Id | None = None
    type: Name | None = None


class SentAmount(Sent):
    amount: float | Annotated[str, Field(examples=["12.50"])]
    currency: Annotated[str, Field(pattern="^[A-Za-z]{3}$", examples=["EUR"])]


class Event(Sent):
    """Who did what to which thing, in which context. The same id counts once, however often it is sent."""

    id: Id
    action: Annotated[str, Field(max_length=ACTION_CHARS, examples=["email_opened"])]
    actor: Actor
    timestamp: Moment | None = Field(default=None, description="When it happened; when received, unless given.")
    sent_at: Moment | None = Field(default=None, description="The sender's clock, to correct it where it is wrong.")
    object: Object | None = None
    context: Context | None = None
    resource: Resource | None = None
    value: SentAmount | None = None
    properties: dict[str, Any] | None = None


class Batch(Sent):
    events: Annotated[list[Event], Field(max_length=EVENTS_PER_REQUEST)]
    sent_at: Moment | None = None


class Receipt(BaseModel):
    index: int = Field(description="Its place in the request.")
    id: str | None
    status: Literal["accepted", "duplicate", "rejected"]
    code: str | None = Field(default=None, description="Of a rejected event; it never changes.")
    field: str | None = None
    reason: str | None = None


class Receipts(BaseModel):
    accepted: int
    duplicates: int
    rejected: int
    receipts: list[Receipt]


class ProblemDetails(BaseModel):
    """RFC 9457. `code` never changes; `detail` is for people and says what would have worked."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    field: str | None = None


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"model": ProblemDetails}}}


REFUSALS: dict[int, Any] = {
    400: _problem("The request as a whole cannot be read"),
    401: _problem("No key, or one that is not known"),
    403: _problem("The key lacks the scope `ingest`"),
    409: _problem("The Idempotency-Key came with another body, or is being worked on"),
    413: _problem("Over a published limit"),
    422: _problem("The request as a whole breaks its contract, such as an Idempotency-Key of 300 characters"),
    429: _problem("Over the workspace's rate; Retry-After says when to come back"),
    503: _problem("A store is in trouble; the same request may work a moment later"),
}

app = APIGatewayHttpResolver(enable_validation=True)


@app.post(
    "/v1/events",
    summary="Send events",
    description=(
        "One event, a batch, or one event a line (`application/x-ndjson`); gzip is understood. "
        "Each event gets a receipt of its own; accepted means durable."
    ),
    responses={202: {"description": "Receipts", "content": {"application/json": {"model": Receipts}}}, **REFUSALS},
    tags=["Events"],
    operation_id="sendEvents",
)
def send_events(
    body: Annotated[Event | Batch, Body()],
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=IDEMPOTENCY_KEY_CHARS)] = None,
) -> None:
    """Only described here."""


class SegmentMessage(BaseModel):
    """As Segment's libraries send it; a batch holds such messages, each with its type."""

    model_config = ConfigDict(extra="allow")

    type: Literal["track", "identify", "page", "screen", "group", "alias"] | None = None
    message_id: str | None = Field(default=None, alias="messageId")
    user_id: str | int | None = Field(default=None, alias="userId")
    anonymous_id: str | int | None = Field(default=None, alias="anonymousId")
    event: str | None = None
    timestamp: str | None = None
    context: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    batch: list[dict[str, Any]] | None = None


class SegmentReceipts(BaseModel):
    success: Literal[True]
    accepted: int
    duplicates: int
    rejected: int
    reasons: list[Receipt] = Field(description="Of those that were set aside.")


@app.post(
    "/v1/segment/<call>",
    summary="Send what Segment's libraries send",
    description="The write key is an API key of scope `ingest`, as user name of Basic authentication.",
    responses={
        200: {"description": "Taken", "content": {"application/json": {"model": SegmentReceipts}}},
        **{status: refusal for status, refusal in REFUSALS.items() if status != 409},
    },
    tags=["Events"],
    operation_id="sendSegment",
)
def send_segment(
    call: Annotated[Literal["track", "identify", "page", "screen", "group", "alias", "batch"], Path()],
    body: Annotated[SegmentMessage, Body()],
) -> None:
    """Only described here."""
