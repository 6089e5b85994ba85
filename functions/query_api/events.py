"""GET /v1/events: single events to look at."""

from typing import Annotated, Literal

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
type Name = Annotated[str | None, Query(max_length=300)]


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
    object_: Annotated[str | None, Query(alias="object", max_length=300)] = None,
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
    _refuse_unknown()
    tenant, moment = tenant_of(router), now()
    zone = zone_named(time_zone or tenant.time_zone)
    end = moment + HOUR
    names = (action, actor, object_, campaign, journey, channel, message, variant, segment, resource)
    given = zip(NAMED.items(), names, strict=True)
    filters = [make_filter(field, "eq", value, name) for (name, field), value in given if value is not None]
    newest_first = order == "newest"
    question = EventsQuestion(
        span=resolve_range(from_ or rfc3339(end - DAYS_UNLESS_SAID * DAY, zone), to or rfc3339(end, zone), zone),
        filters=(*filters, *(_where(text) for text in where or ())),
        newest_first=newest_first,
        limit=limit,
        after=read_cursor(cursor, newest_first=newest_first) if cursor else None,
    )
    return json_answer(list_events(question, tenant, zone, reports(), moment))


def _where(text: str) -> Filter:
    field, equals, value = text.partition("=")
    if not equals:
        raise InvalidRequest("'where' has the form <field>=<text>, as in properties.plan=pro.", field="where")
    return make_filter(field, "eq", value, "where")


def _refuse_unknown() -> None:
    """A misspelt filter must not give all events."""
    unknown = sorted(set(router.current_event.query_string_parameters or {}) - NAMED.keys() - OF_THE_PAGE)
    if unknown:
        known = ", ".join([*NAMED, *sorted(OF_THE_PAGE)])
        raise InvalidRequest(f"No parameter is named {unknown[0][:64]!r}. Parameters: {known}.", field=unknown[0][:64])
