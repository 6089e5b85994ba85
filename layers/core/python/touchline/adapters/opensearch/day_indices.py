"""Indices of single days in OpenSearch: listed, merged, closed for writing and dropped."""

import re
from calendar import monthrange
from datetime import date
from typing import Any, Final, Literal, cast

from opensearchpy import OpenSearch

from touchline.adapters.opensearch.client import as_our_errors
from touchline.ports import DayIndex

FAMILIES: Final = "events-*,rejected-*,conversions-*"
NAME: Final = re.compile(r"(events|rejected)-(\d{4})\.(\d\d)\.(\d\d)|(conversions)-(\d{4})\.(\d\d)")
DAY_PARTS: Final = 3
SEQUENCES_A_MS: Final = 1_000_000


class OpenSearchDayIndices:
    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def all(self) -> list[DayIndex]:
        closed = self._ask("GET", f"/{FAMILIES}/_settings/index.blocks.write?allow_no_indices=true")
        shards = "indices.*.shards.*.docs.deleted,indices.*.shards.*.segments.count"
        stats = self._ask("GET", f"/{FAMILIES}/_stats/docs,segments?level=shards&filter_path={shards}")
        found = [_day_index(name, stat["shards"], closed) for name, stat in stats.get("indices", {}).items()]
        return sorted((index for index in found if index is not None), key=lambda index: (index.day, index.name))

    def newest(self, name: str) -> int:
        body = {"size": 0, "aggs": {"newest": {"max": {"field": "sequence"}}}}
        newest = self._ask("POST", f"/{name}/_search", body)["aggregations"]["newest"]["value"]
        return 0 if newest is None else int(newest) // SEQUENCES_A_MS

    def drop(self, name: str) -> None:
        self._ask("DELETE", f"/{name}?ignore_unavailable=true")

    def merge(self, name: str) -> None:
        self._ask("POST", f"/{name}/_forcemerge?max_num_segments=1&flush=true")
        self._ask("POST", f"/{name}/_refresh")

    def close_for_writing(self, name: str) -> None:
        self._ask("PUT", f"/{name}/_settings", {"index.blocks.write": True})

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        with as_our_errors():
            answer: dict[str, Any] = self._client.transport.perform_request(method, path, body=body)
        return answer


def _day_index(name: str, shards: dict[str, list[dict[str, Any]]], closed: dict[str, Any]) -> DayIndex | None:
    """None for an index that is not ours, whatever it begins with."""
    matched = NAME.fullmatch(name)
    if matched is None:
        return None
    kind, *day = (part for part in matched.groups() if part is not None)
    copies = [copy for shard in shards.values() for copy in shard]
    return DayIndex(
        name=name,
        kind=cast(Literal["events", "rejected", "conversions"], kind),
        day=date(*map(int, day)) if len(day) == DAY_PARTS else _last_day(*map(int, day)),
        read_only=_is_closed(closed.get(name, {})),
        merged=all(copy["segments"]["count"] <= 1 and copy["docs"]["deleted"] == 0 for copy in copies),
    )


def _last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _is_closed(found: dict[str, Any]) -> bool:
    blocks = found.get("settings", {}).get("index", {}).get("blocks", {})
    return bool(blocks.get("write") == "true")
