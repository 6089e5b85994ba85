"""A row of Marketo's activities to an event, as it could have been sent to us.

Only what is listed here is taken over: Marketo notes addresses, forms' contents and network addresses beside what
happened, and none of that goes into an event.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from touchline.domain.emails import is_email, normalise_email
from touchline.domain.event_ids import read_id
from touchline.domain.limits import EMAIL_CHARS, ID_CHARS, NAME_CHARS
from touchline.domain.marketo.activity_properties import properties_of, read_number
from touchline.domain.marketo.activity_rules import ActivityRules
from touchline.domain.marketo.activity_types import BY_NUMBER, About, ActivityType
from touchline.domain.rejection import Refused, Rejection
from touchline.domain.segment.properties import plain

type Event = dict[str, Any]
type Cells = Mapping[str, str | None]  # a row of the extract, by Marketo's column names

COLUMNS: Final = (
    *("marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId"),
    *("primaryAttributeValueId", "primaryAttributeValue", "attributes"),
)
NEEDED: Final = ("marketoGUID", "leadId", "activityDate")


@dataclass(frozen=True, slots=True)
class Origin:
    """Ids of two connections never meet, although two instances may number alike."""

    connection: str
    rules: ActivityRules

    def event_id(self, guid: str) -> str:
        return f"marketo-{self.connection}-{guid}"

    def actor_id(self, lead: str) -> str:
        return f"marketo-{self.connection}-{lead}"


def as_event(row: Cells, origin: Origin, address: str | None) -> Event | Rejection | None:
    """None for an activity that the rules do not take. `address`: the lead's, where rules ask for it."""
    kind = _type(row.get("activityTypeId"))
    if kind is None or kind.action not in origin.rules.actions:
        return None
    guid, lead, moment = (row.get(name) or "" for name in NEEDED)
    if not (guid and lead and moment):
        missing = next(name for name in NEEDED if not row.get(name))
        return Rejection("missing_field", missing, f"Marketo's activity has no {missing}.")
    told = _told(kind.action, row.get("attributes") or "{}", row.get("campaignId"))
    if told is None:
        return Rejection("malformed_json", "attributes", "The attributes of Marketo's activity are not a JSON object.")
    name = _name(row.get("primaryAttributeValue") or "")
    event: Event = {
        "id": origin.event_id(guid),
        "action": kind.action,
        "timestamp": moment,
        "actor": _actor(lead, origin, address),
        "object": _object(kind.about, row.get("primaryAttributeValueId") or "", name),
        "context": _context(kind.about, name, told.variant),
        "resource": told.resource,
        "properties": told.properties,
    }
    return {name: said for name, said in event.items() if said not in (None, {})}


def _type(text: str | None) -> ActivityType | None:
    return BY_NUMBER.get(int(text)) if text and text.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Told:
    """What the attributes of an activity come to."""

    variant: str
    resource: Mapping[str, str]
    properties: Mapping[str, Any]


# Thousands of people were sent the same; of what each did alone, 4,096 are a few megabytes.
@lru_cache(maxsize=4096)
def _told(action: str, attributes: str, campaign: str | None) -> Told | None:
    """None where they are no JSON object."""
    try:
        told = json.loads(attributes)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    variant = read_number(told.get("Test Variant"))
    return Told(str(variant) if variant else "", _resource(action, told), properties_of(action, told, campaign))


def _actor(lead: str, origin: Origin, address: str | None) -> dict[str, str]:
    """An address that is none is left out: the lead is still known by its id."""
    normalised = normalise_email(address or "")
    known = len(normalised) <= EMAIL_CHARS and is_email(normalised) and plain(normalised) == normalised
    if known and origin.rules.people == "address":
        return {"email": normalised, "type": "lead"}
    actor = {"id": origin.actor_id(lead), "type": "lead"}
    return actor | {"email": normalised} if known and origin.rules.addresses else actor


@lru_cache(maxsize=4096)
def _object(about: About, number: str, name: str) -> dict[str, str]:
    """What it is about: the e-mail, the form, the page, the program, the score."""
    if about == "lead":
        return {}
    named = {"type": about, "id": _id(number), "name": name}
    return {key: text for key, text in named.items() if text}


@lru_cache(maxsize=4096)
def _context(about: About, name: str, variant: str) -> dict[str, str]:
    """Marketo names what belongs to a program `Program.Asset`."""
    program, dot, _ = name.partition(".")
    context = {"campaign": name if about == "program" else program if dot and about in _LOCAL else ""}
    if about == "email":
        context |= {"channel": "email", "message": name, "variant": variant}
    return {key: text.strip() for key, text in context.items() if text.strip()}


_LOCAL: Final[frozenset[About]] = frozenset({"email", "form", "page"})


def _resource(action: str, told: Mapping[str, Any]) -> dict[str, str]:
    """The page that was visited or clicked, without what follows a question mark: links carry who clicked."""
    link = {"link_clicked": "Link", "page_viewed": "Webpage URL", "form_submitted": "Referrer URL"}.get(action)
    page = _without_query(told.get(link)) if link else ""
    return {"type": "page", "id": page} if page else {}


def _without_query(link: object) -> str:
    text = plain(link).strip() if isinstance(link, str) else ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme not in {"", "http", "https"}:
        return ""  # mailto: is an address
    host = parts.netloc.rpartition("@")[2]
    path = "" if "@" in parts.path or "%40" in parts.path else parts.path
    whole = f"{parts.scheme}://{host}{path}" if host else path
    return _id(whole)


def _id(text: str) -> str:
    """Empty where it would stand for nothing in particular."""
    try:
        return read_id(plain(text).strip()[:ID_CHARS].strip(), "")
    except Refused:
        return ""


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    return plain(text).strip()[:NAME_CHARS].strip()
