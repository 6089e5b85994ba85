"""POST /v1/events as the API's description shows it. Read when the description is made, never by the handler:

checking thousands of events by these models would take a hundred times as long as `touchline.domain.events` does.
"""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Header
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from touchline.domain.limits import (
    ACTION_CHARS,
    EVENT_BYTES,
    EVENTS_PER_REQUEST,
    ID_CHARS,
    IDEMPOTENCY_KEY_CHARS,
    KIB,
    MIB,
    NAME_CHARS,
    PROPERTY_ARRAY_ITEMS,
    PROPERTY_DEPTH,
    PROPERTY_KEY_CHARS,
    PROPERTY_KEYS,
    PROPERTY_STRING_CHARS,
    REQUEST_BYTES,
    UNZIPPED_BYTES,
)
from touchline.domain.rejection import CODES

type Id = Annotated[str, Field(min_length=1, max_length=ID_CHARS)]
type Name = Annotated[str, Field(max_length=NAME_CHARS)]
type Moment = Annotated[AwareDatetime | int, Field(description="RFC 3339 with a zone, or whole epoch milliseconds.")]

SUMMARY = "Send events"
DESCRIPTION = f"""One event, an array of events, `{{"events": […]}}`, or NDJSON (`application/x-ndjson`); gzip by
`Content-Encoding`. Each event is taken or rejected by itself; what is accepted is durable before the answer comes.
Sending an event again is harmless: the same `id` is one event.

At most {REQUEST_BYTES // MIB} MiB as sent, {UNZIPPED_BYTES // MIB} MiB unzipped, {EVENTS_PER_REQUEST:,} events,
{EVENT_BYTES // KIB} KiB an event. `properties`: {PROPERTY_KEYS} keys when flattened, {PROPERTY_DEPTH} levels, keys of
{PROPERTY_KEY_CHARS} and texts of {PROPERTY_STRING_CHARS:,} characters, arrays of {PROPERTY_ARRAY_ITEMS} items.

Codes of rejection: {"; ".join(f"`{code}` ({meaning.rstrip('.').lower()})" for code, meaning in CODES.items())}."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Actor(Part):
    """Who did it. An e-mail address is hashed with the tenant's own key, unless the tenant keeps addresses."""

    id: Id | None = None
    type: Name | None = None
    email: str | None = None


class Object(Part):
    id: Id | None = None
    type: Name | None = None
    name: Name | None = None


class Context(Part):
    campaign: Name | None = None
    journey: Name | None = None
    channel: Name | None = None
    message: Name | None = None
    variant: Name | None = None
    segment: Name | None = None


class Resource(Part):
    id: Id | None = None
    type: Name | None = None


class Value(Part):
    amount: Annotated[float | str, Field(description="A number, or decimal text as '12.50'; four decimals are kept.")]
    currency: Annotated[str, Field(pattern="^[A-Za-z]{3}$")]


class Event(Part):
    id: Id
    action: Annotated[str, Field(min_length=1, max_length=ACTION_CHARS)]
    actor: Actor
    timestamp: Annotated[Moment | None, Field(description="When it happened; without it, when it was received.")] = None
    sent_at: Annotated[Moment | None, Field(description="The sender's clock on sending: corrects a wrong one.")] = None
    object: Object | None = None
    context: Context | None = None
    resource: Resource | None = None
    value: Value | None = None
    properties: dict[str, Any] | None = None


class Events(Part):
    events: Annotated[list[Event], Field(max_length=EVENTS_PER_REQUEST)]
    sent_at: Moment | None = None


class Receipt(BaseModel):
    index: Annotated[int, Field(description="The event's place in the request, from 0.")]
    id: str | None
    status: Literal["accepted", "duplicate", "rejected"]
    code: str | None = None
    field: str | None = None
    reason: str | None = None


class Receipts(BaseModel):
    accepted: int
    duplicates: Annotated[int, Field(description="Events whose id came earlier in the same request.")]
    rejected: int
    receipts: list[Receipt]


app = APIGatewayHttpResolver(enable_validation=True)


@app.post(
    "/v1/events",
    summary=SUMMARY,
    description=DESCRIPTION,
    tags=["Events in"],
    operation_id="sendEvents",
    responses={202: {"description": "A receipt for each event", "content": {"application/json": {"model": Receipts}}}},
)
def send_events(
    events: Annotated[Event | Events | list[Event], Body()],
    idempotency_key: Annotated[
        str | None,
        Header(description="The same key gets the same answer for 24 hours.", max_length=IDEMPOTENCY_KEY_CHARS),
    ] = None,
) -> Receipts:
    raise NotImplementedError("Described here, done by ingest_events.handler.")
