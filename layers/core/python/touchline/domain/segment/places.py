"""Where a Segment message happened: its campaign, what was touched, and for how much."""

from collections.abc import Mapping
from typing import Any, Final

from touchline.domain.limits import ID_CHARS, NAME_CHARS
from touchline.domain.segment.properties import plain

UTM: Final = ("name", "source", "medium", "content", "term")
PAGE: Final = ("path", "url", "referrer", "title")
ASSUMED_CURRENCY: Final = "USD"  # Segment's e-commerce specification, of `revenue` without a currency

type Message = Mapping[str, Any]
type Part = dict[str, Any]


def part(message: Message, *names: str) -> Part:
    """The object at a path; an empty one where there is none."""
    found: Any = message
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def text(*values: object) -> str | None:
    """The first that says something; numbers as text."""
    for value in values:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return plain(value).strip()
    return None


def campaign_of(message: Message) -> Part:
    return part(message, "context", "campaign") or part(message, "properties", "campaign")


def context_of(message: Message, channel: str | None) -> dict[str, str]:
    """campaign ← utm name; channel ← medium, else source; message ← content; variant ← term."""
    utm, own = campaign_of(message), part(message, "properties")
    found = {
        "campaign": text(utm.get("name"), own.get("campaign_name"), own.get("campaign_id")),
        "channel": text(channel, utm.get("medium"), utm.get("source")),
        "message": text(own.get("email_id"), own.get("email_subject"), utm.get("content")),
        "variant": text(own.get("variation_name"), own.get("variation_id"), utm.get("term")),
    }
    return {name: value[:NAME_CHARS] for name, value in found.items() if value}


def thing(kind: str, id: object, name: object = None) -> dict[str, str]:
    """An id that is too long to be one is left out; it stays among the properties."""
    found_id, found_name = text(id), text(name)
    found = {"type": kind}
    if found_id and len(found_id) <= ID_CHARS:
        found["id"] = found_id
    if found_name:
        found["name"] = found_name[:NAME_CHARS]
    return found if len(found) > 1 else {}


def object_and_resource(call: str, message: Message) -> tuple[Part, Part]:
    own = part(message, "properties")
    match call:
        case "page":
            path = text(own.get("path"), part(message, "context", "page").get("path"))
            page = thing("page", path, text(message.get("name"), own.get("title")))
            return page, thing("page", path)
        case "screen":
            return thing("screen", message.get("name"), message.get("name")), thing("screen", message.get("name"))
        case "group":
            return thing("group", message.get("groupId"), part(message, "traits").get("name")), {}
        case "track":
            return _tracked(own)
        case _:
            return {}, {}


def _tracked(own: Part) -> tuple[Part, Part]:
    email = thing("email", own.get("email_id"), own.get("email_subject"))
    order = thing("order", own.get("order_id"))
    product = thing("product", text(own.get("product_id"), own.get("sku")), own.get("name"))
    link = thing("link", text(own.get("link_id"), own.get("link_url")))
    return email or order or (product if "id" in product else {}), link


def value_of(message: Message) -> tuple[Part | None, bool]:
    """The money, and whether its currency was assumed. `total` and `value` may be anything, so they need a currency."""
    own = part(message, "properties")
    currency = text(own.get("currency"))
    for name in ("revenue", "total", "value"):
        amount = own.get(name)
        if amount not in (None, "") and (currency or name == "revenue"):
            return {"amount": amount, "currency": currency or ASSUMED_CURRENCY}, currency is None
    return None, False


def told_beside(message: Message) -> Part:
    """What the context tells of page and campaign, by the names it is known by."""
    page = {name: value for name, value in part(message, "context", "page").items() if name in PAGE}
    utm = {f"utm_{name}": value for name, value in campaign_of(message).items() if name in UTM}
    return {**({"page": page} if page else {}), **utm}
