"""What is taken over of an activity's attributes, by name: whatever is not listed here stays behind."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from touchline.domain.segment.properties import fit_properties

type Reader = Callable[[Any], object]


def read_number(value: object) -> int | float | None:
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
        "Change Value": ("change", read_number),
        "Old Value": ("before", read_number),
        "New Value": ("after", read_number),
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


def properties_of(action: str, told: Mapping[str, Any], campaign: str | None) -> dict[str, Any]:
    """`told`: the activity's attributes; `campaign`: the smart campaign's number."""
    properties: dict[str, Any] = {"source": "marketo", "marketo_campaign_id": read_number(campaign)}
    if action in _HARD:
        properties["hard"] = _HARD[action]
    for attribute, (name, read) in TAKEN_OVER.get(action, {}).items():
        properties[name] = read(told.get(attribute))
    return fit_properties({name: value for name, value in properties.items() if value is not None})
