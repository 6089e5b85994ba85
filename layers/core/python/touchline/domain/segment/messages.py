"""A Segment message to an event, as it could have been sent to us: what it says stays, under our names."""

from collections.abc import Callable
from typing import Any, Final

from touchline.domain.limits import KIB
from touchline.domain.rejection import Rejection
from touchline.domain.segment.limits import MESSAGE_BYTES
from touchline.domain.segment.places import (
    Message,
    Part,
    context_of,
    object_and_resource,
    part,
    told_beside,
    value_of,
)
from touchline.domain.segment.properties import fit_properties

CALLS: Final = ("track", "identify", "page", "screen", "group", "alias")
ACTIONS: Final = {"identify": "identify", "page": "page_viewed", "screen": "screen_viewed"}
# Segment's e-mail specification, in the words that goals and key figures are said in.
EMAIL_ACTIONS: Final = {
    "email delivered": "email_delivered",
    "email opened": "email_opened",
    "email link clicked": "link_clicked",
    "email bounced": "email_bounced",
    "email marked as spam": "email_complained",
    "unsubscribed": "unsubscribed",
}

type Event = dict[str, Any]


def as_event(
    message: object, call: str | None, sent_at: object, size: int, new_id: Callable[[], str]
) -> Event | Rejection:
    """`call`: the route's, None where the message says it; `size` in bytes; `new_id` names one that came without."""
    if not isinstance(message, dict):
        return Rejection("not_an_object", None, "A message must be a JSON object.")
    if size > MESSAGE_BYTES:
        return Rejection("event_too_large", None, f"The message is over {MESSAGE_BYTES // KIB} KiB, Segment's limit.")
    kind = call or message.get("type")
    if kind not in CALLS:
        return Rejection("wrong_type", "type", f"type must be one of {', '.join(CALLS)}.")
    if kind == "track" and message.get("event") in (None, ""):
        return Rejection("missing_field", "event", "event is required: what was done, as Order Completed.")
    return _event(message, kind, sent_at, new_id)


def _event(message: Message, call: str, sent_at: object, new_id: Callable[[], str]) -> Event:
    named = message.get("event")
    email = EMAIL_ACTIONS.get(named.strip().lower()) if call == "track" and isinstance(named, str) else None
    thing, resource = object_and_resource(call, message)
    value, assumed = value_of(message) if call == "track" else (None, False)
    event: Event = {
        "id": message.get("messageId") or new_id(),
        "action": email or (named if call == "track" else ACTIONS.get(call, call)),
        "actor": _alias(message) if call == "alias" else _actor(message),
        **_times(message, sent_at),
        "object": thing,
        "resource": resource,
        "context": context_of(message, "email" if email else None),
        "value": value,
        "properties": _properties(message, assumed=assumed),
    }
    return {name: said for name, said in event.items() if said not in (None, {})}


def _actor(message: Message) -> Part:
    known, anonymous = _id(message.get("userId")), _id(message.get("anonymousId"))
    actor: Part = {"id": known or anonymous}
    if known and anonymous and known != anonymous:
        actor["anonymous_id"] = anonymous
    email = part(message, "traits").get("email") or part(message, "context", "traits").get("email")
    return actor | ({"email": email} if email else {})


def _alias(message: Message) -> Part:
    return {
        "id": _id(message.get("userId")),
        "previous_id": _id(message.get("previousId") or message.get("anonymousId")),
    }


def _id(value: object) -> object:
    """Segment takes numbers for ids."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _times(message: Message, sent_at: object) -> Part:
    """A message that tells both was corrected by Segment, and came through it; else the two clocks are compared."""
    said, original = message.get("timestamp"), message.get("originalTimestamp")
    if said and original:
        return {"timestamp": said}
    sent = message.get("sentAt") or sent_at
    return {"timestamp": said or original, "sent_at": sent} if said or original else {}


def _properties(message: Message, *, assumed: bool) -> Part:
    own = {**part(message, "traits"), **part(message, "properties")}
    if part(message, "traits").get("email"):
        own.pop("email", None)  # of the actor, whose address is hashed
    if message.get("groupId") is not None:
        own.setdefault("group_id", message["groupId"])
    told = {name: value for name, value in told_beside(message).items() if name not in own}
    return fit_properties(own | told | ({"currency_assumed": True} if assumed else {}))
