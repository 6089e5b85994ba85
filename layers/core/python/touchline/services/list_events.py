"""Single events, page by page, in a stable order."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.listing import EventsQuestion, cut_page, event_as_sent, position_of, write_cursor
from touchline.domain.tenancy import Tenant
from touchline.ports import EventReports
from touchline.services.stored_filters import as_stored


def list_events(
    question: EventsQuestion, tenant: Tenant, zone: ZoneInfo, reports: EventReports, now: int
) -> dict[str, Any]:
    asked = replace(question, filters=as_stored(question.filters, tenant))
    page, more = cut_page(reports.page(tenant.id, asked), asked.limit)
    return {
        "range": asked.span.describe(zone),
        "time_zone": zone.key,
        "filters": [one.describe() for one in question.filters],
        "order": "newest_first" if asked.newest_first else "oldest_first",
        "as_of": rfc3339(now, zone),
        "events": [event_as_sent(document, zone) for document in page],
        "next": write_cursor(position_of(page[-1]), newest_first=asked.newest_first) if more else None,
    }
