"""What an event is: a decoded JSON value in, its document out, or the reason why not."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from touchline.domain.emails import HASHED_ID, hash_email, is_email, normalise_email, read_email
from touchline.domain.event_ids import read_id
from touchline.domain.event_times import check_age, read_moment, skew
from touchline.domain.limits import ACTION_CHARS, MAX_AGE_DAYS, NAME_CHARS
from touchline.domain.money import read_amount, read_currency
from touchline.domain.properties import flatten_properties
from touchline.domain.rejection import Refused, Rejection
from touchline.domain.tenancy import Tenant
from touchline.domain.text import check_text, path, shown

type Document = dict[str, Any]

FIELDS: Final = (
    *("id", "timestamp", "sent_at", "action", "actor", "object", "context", "resource", "value", "properties"),
)
ACTOR: Final = ("id", "type", "email", "anonymous_id", "previous_id")
OBJECT: Final = ("id", "type", "name")
CONTEXT: Final = ("campaign", "journey", "channel", "message", "variant", "segment")
RESOURCE: Final = ("id", "type")
VALUE: Final = ("amount", "currency")
_OTHER_IDS: Final = frozenset({"anonymous_id", "previous_id"})
ALIAS: Final = "alias"  # the action that says an actor's new id
_KNOWN: Final = {
    "": frozenset(FIELDS),
    "actor": frozenset(ACTOR),
    "object": frozenset(OBJECT),
    "context": frozenset(CONTEXT),
    "resource": frozenset(RESOURCE),
    "value": frozenset(VALUE),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What an event is judged by beside itself."""

    tenant: Tenant
    received_at: int  # epoch ms: the time of an event without one
    now: int  # epoch ms: what is too old and too far ahead; later than `received_at` on a replay
    max_age_days: int = MAX_AGE_DAYS
    sent_at: int | None = None  # the request's; an event's own comes first


def validate_event(raw: object, rules: Rules, sequence: int) -> Document | Rejection:
    """The document as it is indexed, without anything that the event does not have."""
    try:
        return _document(raw, rules, sequence)
    except Refused as refused:
        return refused.rejection


def _document(raw: object, rules: Rules, sequence: int) -> Document:
    event = _object(raw, "")
    get = event.get
    tenant = rules.tenant
    event_id = read_id(get("id"), "")
    happened, original = _times(get("timestamp"), get("sent_at"), rules)
    action, action_raw = _action(get("action"))
    document: Document = {"@timestamp": happened}
    if original is not None:
        document["original_timestamp"] = original
    document["sequence"] = sequence
    document["tenant"] = tenant.id
    document["id"] = event_id
    document["action"] = action
    if action_raw is not None:
        document["action_raw"] = action_raw
    document["actor"] = _actor(get("actor"), action, tenant)
    _add_parts(document, event)
    return document


def _add_parts(document: Document, event: dict[str, Any]) -> None:
    for part in ("object", "context", "resource"):
        sent = event.get(part)
        if sent is not None:
            names = _names(sent, part)
            if names:
                document[part] = names
    if event.get("value") is not None:
        document["value"] = _value(event["value"])
    if event.get("properties") is not None:
        properties = flatten_properties(event["properties"])
        if properties:
            document["properties"] = properties


def _object(raw: object, part: str) -> dict[str, Any]:
    if type(raw) is not dict:
        if part:
            raise Refused("wrong_type", part, f"{part} must be an object.")
        raise Refused("not_an_object", None, "An event must be a JSON object.")
    known = _KNOWN[part]
    if not raw.keys() <= known:
        raise _unknown(next(name for name in raw if name not in known), part)
    return raw


def _names(raw: object, part: str) -> dict[str, str]:
    """Texts as sent. An empty one says as little as one that is left out, and is treated like it."""
    names = {}
    for key, value in _object(raw, part).items():
        # _name's own first steps, here for speed: nearly every text of an event passes by.
        if type(value) is str and key != "id" and value.isascii() and value.isprintable() and len(value) <= NAME_CHARS:
            if value:
                names[key] = value
        elif _given(value):
            names[key] = read_id(value, part) if key == "id" else _name(value, part, key)
    return names


def _given(value: object) -> bool:
    return value is not None and value != ""


def _name(value: object, part: str, key: str) -> str:
    if type(value) is not str:
        field = path(part, key)
        raise Refused("wrong_type", field, f"{field} must be text; put numbers in quotes.")
    return check_text(value, part, key, NAME_CHARS)


def _actor(raw: object, action: str, tenant: Tenant) -> dict[str, str]:
    if raw is None:
        raise Refused("missing_field", "actor", "actor is required: who did it, as {'id': …}.")
    sent = _object(raw, "actor")
    email = read_email(sent["email"], "actor.email") if _given(sent.get("email")) else None
    actor_id = sent.get("id")
    if email is not None and not _given(actor_id):
        actor = {"id": _id_of_email(email, tenant)}
    else:
        actor = {"id": actor_id_of(actor_id, tenant)}
    if _given(sent.get("type")):
        actor["type"] = _name(sent["type"], "actor", "type")
    if action == ALIAS or sent.keys() & _OTHER_IDS:
        _add_other_ids(actor, sent, action, tenant)
    if email is not None:
        actor["email_hash"] = hash_email(email, tenant.email_key)
        if tenant.email_policy == "keep":
            actor["email"] = email
    return actor


def _add_other_ids(actor: dict[str, str], sent: dict[str, Any], action: str, tenant: Tenant) -> None:
    """What the actor was known as before: on any event while it was anonymous, on an alias by its previous id."""
    if _given(sent.get("anonymous_id")):
        actor["anonymous_id"] = actor_id_of(sent["anonymous_id"], tenant, "anonymous_id")
    if action == ALIAS:
        actor["previous_id"] = actor_id_of(sent.get("previous_id") or None, tenant, "previous_id")
        if actor["previous_id"] == actor["id"]:
            raise Refused("same_id", "actor.previous_id", "actor.previous_id is actor.id itself; an alias needs two.")
    elif _given(sent.get("previous_id")):
        raise Refused("unknown_field", "actor.previous_id", f"actor.previous_id goes with the action {ALIAS} only.")


def actor_id_of(value: object, tenant: Tenant, key: str = "id") -> str:
    """As it is stored: an address by the tenant's rule for addresses. Raises Refused."""
    actor_id = read_id(value, "actor", key)
    if "@" not in actor_id and actor_id.isascii():
        return actor_id
    normalised = normalise_email(actor_id)
    return _id_of_email(normalised, tenant) if is_email(normalised) else actor_id


def _id_of_email(normalised: str, tenant: Tenant) -> str:
    if tenant.email_policy == "keep":
        return normalised
    return HASHED_ID + hash_email(normalised, tenant.email_key)


def _times(timestamp: object, sent_at: object, rules: Rules) -> tuple[int, int | None]:
    """When it happened, and what the client said where its clock was wrong."""
    sent = read_moment(sent_at, "sent_at") if sent_at is not None else rules.sent_at
    if timestamp is None:
        return rules.received_at, None
    said = read_moment(timestamp, "timestamp")
    behind = skew(rules.received_at, sent) if sent is not None else 0
    happened = said + behind
    check_age(happened, rules.now, rules.max_age_days, "timestamp")
    return happened, said if behind else None


def _action(value: object) -> tuple[str, str | None]:
    if value is None or value == "":
        raise Refused("missing_field", "action", "action is required: what was done, as email_opened.")
    if type(value) is not str:
        raise Refused("wrong_type", "action", "action must be text.")
    return normalise_action(value)


# A tenant has few actions; exceptions are not remembered, and 4,096 entries are at most 2 MB.
@lru_cache(maxsize=4096)
def normalise_action(text: str) -> tuple[str, str | None]:
    """One spelling for one action, and the text as sent where it differs."""
    check_text(text, "", "action", ACTION_CHARS)
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    action = "_".join(plain.replace("-", " ").split())
    if not action:
        raise Refused("missing_field", "action", "action holds nothing but blanks and hyphens.")
    check_text(action, "", "action", ACTION_CHARS)
    return action, None if action == text else text


def _value(raw: object) -> dict[str, Any]:
    sent = _object(raw, "value")
    for key in VALUE:
        if sent.get(key) is None:
            raise Refused("missing_field", f"value.{key}", "value needs both an amount and a currency.")
    return {
        "amount_e4": read_amount(sent["amount"], "value.amount"),
        "currency": read_currency(sent["currency"], "value.currency"),
    }


def _unknown(name: str, part: str) -> Refused:
    from difflib import get_close_matches  # loaded for the first wrong name only: it would slow every cold start

    known = sorted(_KNOWN[part])
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    field = path(part, shown(name))
    hint = f"did you mean {path(part, near[0])}?" if near else f"known: {', '.join(known)}."
    extra = "" if part else " What is your own belongs into properties."
    return Refused("unknown_field", field, f"{field} is not a field of an event; {hint}{extra}")
