"""A row of Marketo's activities to an event, as it could have been sent to us.

Only what is listed here is taken over: Marketo notes addresses, forms' contents and network addresses beside what
happened, and none of that goes into an event.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from touchline.domain.emails import is_email, normalise_email
from touchline.domain.event_ids import read_id
from touchline.domain.limits import EMAIL_CHARS, ID_CHARS, NAME_CHARS
from touchline.domain.marketo.activity_rules import ActivityRules
from touchline.domain.marketo.activity_types import BY_NUMBER, About, ActivityType
from touchline.domain.rejection import Refused, Rejection
from touchline.domain.segment.properties import fit_properties, plain

type Event = dict[str, Any]
type Cells = Mapping[str, str | None]  # a row of the extract, by Marketo's column names
type Attributes = Mapping[str, Any]

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
    told = _attributes(row.get("attributes"))
    if told is None:
        return Rejection("malformed_json", "attributes", "The attributes of Marketo's activity are not a JSON object.")
    event: Event = {
        "id": origin.event_id(guid),
        "action": kind.action,
        "timestamp": moment,
        "actor": _actor(lead, origin, address),
        "object": _object(kind, row),
        "context": _context(kind, row, told),
        "resource": _resource(kind, told),
        "properties": fit_properties(_properties(kind, row, told)),
    }
    return {name: said for name, said in event.items() if said not in (None, {})}


def _type(text: str | None) -> ActivityType | None:
    return BY_NUMBER.get(int(text)) if text and text.isdecimal() else None


def _attributes(text: str | None) -> Attributes | None:
    if not text:
        return {}
    try:
        told = json.loads(text)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _actor(lead: str, origin: Origin, address: str | None) -> dict[str, str]:
    """An address that is none is left out: the lead is still known by its id."""
    normalised = normalise_email(address or "")
    known = len(normalised) <= EMAIL_CHARS and is_email(normalised) and plain(normalised) == normalised
    if known and origin.rules.people == "address":
        return {"email": normalised, "type": "lead"}
    actor = {"id": origin.actor_id(lead), "type": "lead"}
    return actor | {"email": normalised} if known and origin.rules.addresses else actor


def _object(kind: ActivityType, row: Cells) -> dict[str, str]:
    """What it is about: the e-mail, the form, the page, the program, the score."""
    if kind.about == "lead":
        return {}
    number = _id(row.get("primaryAttributeValueId") or "")
    named = {"type": kind.about, "id": number, "name": _name(row.get("primaryAttributeValue"))}
    return {key: text for key, text in named.items() if text}


def _context(kind: ActivityType, row: Cells, told: Attributes) -> dict[str, str]:
    """Marketo names what belongs to a program `Program.Asset`."""
    named = _name(row.get("primaryAttributeValue"))
    program, dot, _ = named.partition(".")
    context = {"campaign": named if kind.about == "program" else program if dot and kind.about in _LOCAL else ""}
    if kind.about == "email":
        variant = _number(told.get("Test Variant"))
        context |= {"channel": "email", "message": named, "variant": str(variant) if variant else ""}
    return {key: text.strip() for key, text in context.items() if text.strip()}


_LOCAL: Final[frozenset[About]] = frozenset({"email", "form", "page"})


def _resource(kind: ActivityType, told: Attributes) -> dict[str, str]:
    """The page that was visited or clicked, without what follows a question mark: links carry who clicked."""
    link = {"link_clicked": "Link", "page_viewed": "Webpage URL", "form_submitted": "Referrer URL"}.get(kind.action)
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


type Reader = Callable[[Any], object]


def _number(value: object) -> int | float | None:
    """Marketo writes numbers as numbers and as text, with a sign before what was added."""
    if isinstance(value, bool) or value in (None, ""):
        return None
    try:
        number = float(str(value).strip())
    except ValueError:
        return None
    whole = number == number and abs(number) < 2**53 and number == int(number)
    return int(number) if whole else (number if abs(number) < 1e300 else None)


def _flag(value: object) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).strip().lower())


def _text(value: object) -> str | None:
    return str(value).strip() or None if isinstance(value, str | int | float) else None


_DEVICE: Final[Mapping[str, tuple[str, Reader]]] = {
    "User Agent": ("user_agent", _text),
    "Device": ("device", _text),
    "Platform": ("platform", _text),
    "Browser": ("browser", _text),
    "Is Mobile Device": ("mobile", _flag),
    "Is Bot Activity": ("bot", _flag),
    "Bot Activity Pattern": ("bot_pattern", _text),
    "Link ID": ("link_id", _text),
}
_BOUNCE: Final[Mapping[str, tuple[str, Reader]]] = {
    "Category": ("category", _text),
    "Subcategory": ("subcategory", _text),
}
# By action: Marketo's attribute, and the property that it becomes.
TAKEN_OVER: Final[Mapping[str, Mapping[str, tuple[str, Reader]]]] = {
    "email_opened": _DEVICE,
    "link_clicked": _DEVICE,
    "email_bounced": _BOUNCE,
    "email_bounced_soft": _BOUNCE,
    "score_changed": {
        "Change Value": ("change", _number),
        "Old Value": ("before", _number),
        "New Value": ("after", _number),
    },
    "program_status_changed": {
        "Old Status": ("before", _text),
        "New Status": ("after", _text),
        "Success": ("success", _flag),
        "Acquired By": ("acquired", _flag),
    },
    "page_viewed": {"User Agent": ("user_agent", _text), "Search Engine": ("search_engine", _text)},
    "form_submitted": {"User Agent": ("user_agent", _text), "Webpage ID": ("webpage_id", _text)},
    "unsubscribed": {"User Agent": ("user_agent", _text)},
    "lead_created": {"Source Type": ("source_type", _text), "Lead Source": ("lead_source", _text)},
}
_HARD: Final = {"email_bounced": True, "email_bounced_soft": False}


def _properties(kind: ActivityType, row: Cells, told: Attributes) -> dict[str, Any]:
    properties: dict[str, Any] = {"source": "marketo", "marketo_campaign_id": _number(row.get("campaignId"))}
    if kind.action in _HARD:
        properties["hard"] = _HARD[kind.action]
    for attribute, (name, read) in TAKEN_OVER.get(kind.action, {}).items():
        properties[name] = read(told.get(attribute))
    return {name: value for name, value in properties.items() if value is not None}


def _id(text: str) -> str:
    """Empty where it would stand for nothing in particular."""
    try:
        return read_id(plain(text).strip()[:ID_CHARS].strip(), "")
    except Refused:
        return ""


def _name(text: str | None) -> str:
    return plain(text or "").strip()[:NAME_CHARS].strip()
