"""A stored document back in the shape in which it could have been sent."""

from typing import Any, Final

from touchline.domain.properties import Scalar, read_entry

_AS_SENT: Final = ("object", "context", "resource")


def as_sent(document: dict[str, Any]) -> dict[str, Any]:
    """What validation would take again for the same document; an address that was hashed stays hashed."""
    event: dict[str, Any] = {
        "id": document["id"],
        "timestamp": document["@timestamp"],
        "action": document.get("action_raw", document["action"]),
        "actor": {name: value for name, value in document["actor"].items() if name != "email_hash"},
    }
    event |= {part: document[part] for part in _AS_SENT if part in document}
    if "value" in document:
        value = document["value"]
        event["value"] = {"amount": decimal_text(value["amount_e4"]), "currency": value["currency"]}
    if "properties" in document:
        event["properties"] = rebuild_properties(document["properties"])
    return event


def decimal_text(amount_e4: int) -> str:
    """Exact, with two decimals at least: 12.50, 0.0005."""
    whole, places = divmod(abs(amount_e4), 10_000)
    decimals = f"{places:04}"
    shortened = decimals[:2] + decimals[2:].rstrip("0")
    return f"{'-' if amount_e4 < 0 else ''}{whole}.{shortened}"


def rebuild_properties(entries: list[str]) -> dict[str, Scalar | list[Scalar]]:
    """Keys with dots, as they are filtered by; what came more than once was an array."""
    properties: dict[str, Scalar | list[Scalar]] = {}
    for key, value in map(read_entry, entries):
        earlier = properties.get(key)
        if earlier is None:
            properties[key] = value
        elif isinstance(earlier, list):
            earlier.append(value)
        else:
            properties[key] = [earlier, value]
    return properties
