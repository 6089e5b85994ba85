"""GET /v1/events: single events to look at."""

from typing import Annotated, Literal
from urllib.parse import parse_qs

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from touchline.domain.queries.clock import DAY, rfc3339, zone_named
from touchline.domain.queries.filters import Filter, make_filter
from touchline.domain.queries.listing import MOST_EVENTS, EventsQuestion, read_cursor
from touchline.domain.queries.ranges import resolve_range
from touchline.errors import InvalidRequest
from touchline.services.list_events import list_events

from query_api.answers import PROBLEMS, EventsAnswer
from query_api.parts import json_answer, now, reports
from query_api.routing import new_router, tenant_of

router = new_router()

DAYS_UNLESS_SAID = 7
HOUR = 3_600_000

# Parameter → field. Whatever else is wanted goes through `where`.
NAMED = {
    "action": "action",
    "actor": "actor.id",
    "object": "object.id",
    "campaign": "context.campaign",
    "journey": "context.journey",
    "channel": "context.channel",
    "message": "context.message",
    "variant": "context.variant",
    "segment": "context.segment",
    "resource": "resource.id",
}
OF_THE_PAGE = {"where", "from", "to", "order", "limit", "cursor", "time_zone"}
Name = Annotated[list[str] | None, Query(max_length=100, description="Repeated: any of them.")]


@router.get(
    "/v1/events",
    summary="Look at single events",
    description="Of the last seven days unless said otherwise; page by page with `cursor`.",
    responses={200: {"description": "A page", "content": {"application/json": {"model": EventsAnswer}}}, **PROBLEMS},
    tags=["Answers"],
    operation_id="listEvents",
)
def look_at_events(
    action: Name = None,
    actor: Name = None,
    object_: Annotated[list[str] | None, Query(alias="object", max_length=100)] = None,
    campaign: Name = None,
    journey: Name = None,
    channel: Name = None,
    message: Name = None,
    variant: Name = None,
    segment: Name = None,
    resource: Name = None,
    where: Annotated[list[str] | None, Query(description="`<field>=<text>`; may be repeated.", max_length=20)] = None,
    from_: Annotated[str | None, Query(alias="from", max_length=64)] = None,
    to: Annotated[str | None, Query(max_length=64)] = None,
    order: Annotated[Literal["newest", "oldest"], Query()] = "newest",
    limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    time_zone: Annotated[str | None, Query(max_length=64)] = None,
) -> Response[str]:
    filters = _filters()
    tenant, moment = tenant_of(router), now()
    zone = zone_named(time_zone or tenant.time_zone)
    end = moment + HOUR
    newest_first = order == "newest"
    question = EventsQuestion(
        span=resolve_range(from_ or rfc3339(end - DAYS_UNLESS_SAID * DAY, zone), to or rfc3339(end, zone), zone),
        filters=filters,
        newest_first=newest_first,
        limit=limit,
        after=read_cursor(cursor, newest_first=newest_first) if cursor else None,
    )
    return json_answer(list_events(question, tenant, zone, reports(), moment))


def _filters() -> tuple[Filter, ...]:
    """From the query as it was sent: the gateway joins repeated values with commas, which a name may hold itself."""
    sent = parse_qs(router.current_event.raw_event.get("rawQueryString", ""), keep_blank_values=True)
    unknown = sorted(sent.keys() - NAMED.keys() - OF_THE_PAGE)
    if unknown:  # a misspelt filter must not give all events
        known = ", ".join([*NAMED, *sorted(OF_THE_PAGE)])
        raise InvalidRequest(f"No parameter is named {unknown[0][:64]!r}. Parameters: {known}.", field=unknown[0][:64])
    named = (make_filter(field, "in", sent[name], name) for name, field in NAMED.items() if name in sent)
    return (*named, *(_where(text) for text in sent.get("where", ())))


def _where(text: str) -> Filter:
    field, equals, value = text.partition("=")
    if not equals:
        raise InvalidRequest("'where' has the form <field>=<text>, as in properties.plan=pro.", field="where")
    return make_filter(field, "eq", value, "where")
