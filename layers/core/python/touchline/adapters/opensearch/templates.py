"""How a day of events, or of rejected events, is laid out in the search store, by `./dev bench index_template`."""

from typing import Any, Final

type Template = dict[str, Any]

EVENTS: Final = "events"
REJECTED: Final = "rejected"

# Kept in the document and given back, but neither filtered nor aggregated: no structure is built for it.
KEPT_ONLY: Final = {"type": "keyword", "index": False, "doc_values": False}
# No `ignore_above`: it would make a long value silently unsearchable. The longest term that the limits allow (64 and
# 1,024 characters) is some 5 KB as UTF-8, far below Lucene's 32,766 bytes; a longer one is refused aloud and set aside.
KEYWORD: Final = {"type": "keyword"}
# The store's own 1,000 characters would refuse to list the property keys of a tenant that has some forty of them.
LONGEST_PATTERN: Final = 20_000
# A day of them is small at every stage, and every shard counts towards the most that a node takes.
REJECTED_SHARDS: Final = 1
MOMENT: Final = {"type": "date", "format": "epoch_millis"}

EVENT_FIELDS: Final[dict[str, Any]] = {
    "@timestamp": MOMENT,
    "original_timestamp": {**MOMENT, "index": False, "doc_values": False},
    "sequence": {"type": "long", "index": False},  # sorts; never filtered
    "tenant": KEYWORD,
    # Looked up by `_id`, which is made from it; who reads events from their columns makes that `_id` again.
    "id": {"type": "keyword", "index": False},
    "action": KEYWORD,
    "action_raw": KEPT_ONLY,
    "actor": {
        "properties": {
            "id": KEYWORD,
            "type": KEYWORD,
            "anonymous_id": KEYWORD,
            "previous_id": KEPT_ONLY,
            "email_hash": {"type": "keyword", "doc_values": False},  # found by, not grouped by
            "email": KEPT_ONLY,
        }
    },
    "object": {"properties": {"id": KEYWORD, "type": KEYWORD, "name": KEYWORD}},
    "context": {
        "properties": dict.fromkeys(("campaign", "journey", "channel", "message", "variant", "segment"), KEYWORD)
    },
    "resource": {"properties": {"id": KEYWORD, "type": KEYWORD}},
    "value": {"properties": {"amount_e4": {"type": "long", "index": False}, "currency": KEYWORD}},
    # One field for all customers' keys (`plan=pro`, `price:=12.5`): no key can grow the mapping or clash in type.
    "properties": KEYWORD,
}

REJECTED_FIELDS: Final[dict[str, Any]] = {
    "@timestamp": MOMENT,
    "sequence": {"type": "long", "index": False},
    "tenant": KEYWORD,
    "code": KEYWORD,
    "field": KEYWORD,
    "reason": KEPT_ONLY,
    "event_id": {"type": "keyword", "doc_values": False},
    "original": KEPT_ONLY,
    "original_base64": KEPT_ONLY,
    "original_size": {"type": "long", "index": False, "doc_values": False},
    "sent_at": {**MOMENT, "index": False, "doc_values": False},
    "state": KEYWORD,
    "replayed_as": KEPT_ONLY,
}


def event_template(shards: int, replicas: int) -> Template:
    """For `events-*`."""
    return family_template(EVENTS, EVENT_FIELDS, shards=shards, replicas=replicas)


def rejected_template(replicas: int) -> Template:
    """For `rejected-*`."""
    return family_template(REJECTED, REJECTED_FIELDS, shards=REJECTED_SHARDS, replicas=replicas)


def family_template(family: str, fields: dict[str, Any], *, shards: int, replicas: int) -> Template:
    return {
        "index_patterns": [f"{family}-*"],
        "priority": 100,
        "template": {
            "settings": {
                "index": {
                    "number_of_shards": shards,
                    "number_of_replicas": replicas,
                    "codec": "best_compression",  # and no index sort: it costs a third more CPU for a tenth of the disk
                    # Set, so that a shard nobody searched for 30 s refreshes, too: an event is found within seconds.
                    "refresh_interval": "2s",
                    "max_regex_length": LONGEST_PATTERN,
                }
            },
            "mappings": {"dynamic": "strict", "properties": fields},
        },
    }
