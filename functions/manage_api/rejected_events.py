"""/v1/rejected-events: what was not taken, why, and a second chance for it."""

import base64
import binascii
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import AwareDatetime
from touchline.domain.rejected_events import RejectedEvent, RejectedFilter
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest, NotFound
from touchline.services.replay_rejected import Replay, ReplayedPage, replay_events, replay_matching

from manage_api import parts
from manage_api.models import (
    Correction,
    Reason,
    Rejected,
    RejectedPage,
    RejectedWithOriginal,
    Replayed,
    ReplayedMany,
    Selection,
    Summary,
)
from manage_api.routing import caller_of, new_router

TAGS = ["Rejected events"]
MOST_LISTED = 500

router = new_router()


@router.get("/v1/rejected-events", tags=TAGS, summary="List rejected events, newest first")
def list_rejected(
    code: Annotated[str | None, Query()] = None,
    field: Annotated[str | None, Query()] = None,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    state: Annotated[Literal["open", "replayed"] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
    cursor: Annotated[str | None, Query()] = None,
) -> RejectedPage:
    tenant = _tenant()
    wanted = RejectedFilter(code, field, _epoch_ms(since), _epoch_ms(until), state)
    # One more than asked for tells whether there is a page after this one.
    # What was sent is up to 64 KiB an event, and not shown in a list.
    found = parts.rejected_events().page(
        tenant.id, wanted, limit=limit + 1, before=_read_cursor(cursor), originals=False
    )
    page = found[:limit]
    following = _cursor(page[-1].sequence) if len(found) > limit else None
    return RejectedPage(rejected_events=[Rejected(**_shown(event)) for event in page], next=following)


@router.get("/v1/rejected-events/summary", tags=TAGS, summary="Count rejected events by code and field")
def summarise_rejected(
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    state: Annotated[Literal["open", "replayed"] | None, Query()] = None,
) -> Summary:
    tenant = _tenant()
    wanted = RejectedFilter(since=_epoch_ms(since), until=_epoch_ms(until), state=state)
    counts = parts.rejected_events().summary(tenant.id, wanted)
    reasons = [Reason(code=count.code, field=count.field, count=count.count) for count in counts]
    return Summary(total=sum(count.count for count in counts), reasons=reasons)


@router.get("/v1/rejected-events/<rejected_id>", tags=TAGS, summary="Read one, with what was sent")
def read_rejected(rejected_id: str) -> RejectedWithOriginal:
    event = _find(_tenant(), rejected_id)
    kept = ("original", "original_base64", "original_size")
    return RejectedWithOriginal(**_shown(event), **{name: event.document.get(name) for name in kept})


@router.post("/v1/rejected-events/<rejected_id>/replay", tags=TAGS, summary="Send one again, corrected or as it came")
def replay_one(rejected_id: str, correction: Annotated[Correction, Body()]) -> Replayed:
    tenant = _tenant()
    event = _find(tenant, rejected_id)
    return _replayed(replay_events([event], parts.replaying(tenant), replacement=correction.event)[0])


@router.post("/v1/rejected-events/replay", tags=TAGS, summary="Send many again, with fields set where given")
def replay_many(selection: Annotated[Selection, Body()]) -> ReplayedMany:
    tenant = _tenant()
    if selection.ids is not None:
        return _replay_ids(tenant, selection.ids, selection.set)
    wanted = RejectedFilter(
        selection.code, selection.field, _epoch_ms(selection.since), _epoch_ms(selection.until), "open"
    )
    page = replay_matching(
        wanted,
        parts.replaying(tenant),
        changes=selection.set,
        limit=selection.limit,
        before=_read_cursor(selection.cursor),
    )
    return _answer(page, [])


def _replay_ids(tenant: Tenant, ids: list[str], changes: dict[str, Any]) -> ReplayedMany:
    found = parts.rejected_events().some(tenant.id, ids)
    missing = [Replayed(id=wanted, status="not_found") for wanted in ids if wanted not in {event.id for event in found}]
    replays = replay_events(found, parts.replaying(tenant), changes=changes)
    return _answer(ReplayedPage(replays, 0, None), missing)


def _answer(page: ReplayedPage, missing: list[Replayed]) -> ReplayedMany:
    counts = Counter(replay.status for replay in page.replays)
    return ReplayedMany(
        replayed=counts["replayed"],
        already_replayed=counts["already_replayed"],
        rejected=counts["rejected"],
        results=[_replayed(replay) for replay in page.replays] + missing,
        left=page.left,
        next=None if page.next_before is None else _cursor(page.next_before),
    )


def _find(tenant: Tenant, rejected_id: str) -> RejectedEvent:
    event = parts.rejected_events().get(tenant.id, rejected_id)
    if event is None:
        raise NotFound("There is no rejected event with this id.")
    return event


def _replayed(replay: Replay) -> Replayed:
    why = replay.rejection
    reasons = {} if why is None else {"code": why.code, "field": why.field, "reason": why.reason}
    return Replayed(id=replay.id, status=replay.status, event_id=replay.event_id, **reasons)


def _shown(event: RejectedEvent) -> dict[str, Any]:
    names = ("code", "field", "reason", "event_id", "state", "replayed_as")
    received_at = datetime.fromtimestamp(event.document["@timestamp"] / 1000, UTC)
    return {"id": event.id, "received_at": received_at} | {name: event.document.get(name) for name in names}


def _tenant() -> Tenant:
    return caller_of(router).tenant


def _epoch_ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _cursor(before: int) -> str:
    return base64.urlsafe_b64encode(str(before).encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    try:
        before = int(base64.urlsafe_b64decode(cursor.encode() + b"=="))
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("The cursor is not one that a page gave.", field="cursor") from error
    if not 0 <= before < 2**63:
        raise InvalidRequest("The cursor is not one that a page gave.", field="cursor")
    return before
