"""What each part of the system may do in the search store: no more than its work needs. Queries cannot write."""

from typing import Any, Final

type Role = dict[str, Any]

# Exact actions, not the plugin's groups: `crud` and `write` would let a writer delete indices' content or scripts run.
QUERY_READER: Final[Role] = {
    "description": "Answers questions about events, conversions and memberships; cannot write.",
    "cluster_permissions": [],
    "index_permissions": [
        {
            "index_patterns": ["events-*", "conversions-*", "memberships"],
            "allowed_actions": [
                "indices:data/read/search",
                "indices:data/read/get",
                "indices:data/read/field_caps",
                "indices:admin/resolve/index",
            ],
        }
    ],
}
REJECTED_KEEPER: Final[Role] = {
    "description": "Shows rejected events and marks them replayed.",
    "cluster_permissions": ["indices:data/write/bulk"],
    "index_permissions": [
        {
            "index_patterns": ["rejected-*"],
            "allowed_actions": [
                "indices:data/read/search",
                "indices:data/read/get",
                "indices:data/write/update",
                "indices:data/write/index",
                "indices:data/write/bulk*",
            ],
        },
    ],
}
EVENT_WRITER: Final[Role] = {
    "description": "Writes documents, deletes duplicates by id, opens a closed day; reads nothing.",
    "cluster_permissions": ["indices:data/write/bulk"],
    "index_permissions": [
        {
            "index_patterns": ["events-*", "rejected-*"],
            "allowed_actions": [
                "indices:data/write/bulk*",
                "indices:data/write/index",
                "indices:data/write/delete",
                "indices:admin/create",
                "indices:admin/settings/update",
            ],
        }
    ],
}
ATTRIBUTOR: Final[Role] = {
    "description": "Reads events; keeps conversions and memberships.",
    "cluster_permissions": [
        "indices:data/write/bulk",
        "indices:data/read/mget",
        "indices:data/read/scroll",
        "indices:data/read/scroll/clear",
    ],
    "index_permissions": [
        {"index_patterns": ["events-*"], "allowed_actions": ["indices:data/read/search"]},
        {
            "index_patterns": ["conversions-*", "memberships"],
            "allowed_actions": [
                "indices:data/read/search",
                "indices:data/read/mget*",
                "indices:data/write/bulk*",
                "indices:data/write/index",
                "indices:data/write/delete",
                "indices:data/write/delete/byquery",
                "indices:admin/create",
            ],
        },
    ],
}
MAINTAINER: Final[Role] = {
    "description": "Merges, closes and drops days; writes no document.",
    "cluster_permissions": ["cluster:monitor/state", "cluster:monitor/health"],
    "index_permissions": [
        {
            "index_patterns": ["events-*", "rejected-*", "conversions-*"],
            "allowed_actions": [
                "indices:monitor/stats",
                "indices:monitor/settings/get",
                "indices:monitor/segments",
                "indices:admin/get",
                "indices:admin/delete",
                "indices:admin/forcemerge*",
                "indices:admin/flush*",
                "indices:admin/refresh*",
                "indices:admin/settings/update",
                "indices:data/read/search",
            ],
        }
    ],
}

ROLES: Final[dict[str, Role]] = {
    "touchline_query_reader": QUERY_READER,
    "touchline_rejected_keeper": REJECTED_KEEPER,
    "touchline_event_writer": EVENT_WRITER,
    "touchline_maintainer": MAINTAINER,
    "touchline_attributor": ATTRIBUTOR,
}
