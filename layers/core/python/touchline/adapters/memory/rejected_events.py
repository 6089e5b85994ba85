"""Rejected events kept in memory."""

from collections import Counter
from collections.abc import Iterator, Sequence

from touchline.adapters.memory.event_index import MemoryEventIndex
from touchline.domain.rejected_events import RejectedCount, RejectedEvent, RejectedFilter


class MemoryRejectedEvents:
    """Reads what the index twin holds under `rejected-…`."""

    def __init__(self, index: MemoryEventIndex) -> None:
        self._index = index

    def get(self, tenant: str, rejected_id: str) -> RejectedEvent | None:
        return next((event for event in self._of(tenant, RejectedFilter()) if event.id == rejected_id), None)

    def some(self, tenant: str, rejected_ids: Sequence[str]) -> list[RejectedEvent]:
        found = [event for event in self._of(tenant, RejectedFilter()) if event.id in set(rejected_ids)]
        return sorted(found, key=lambda event: -event.sequence)

    def page(
        self, tenant: str, wanted: RejectedFilter, *, limit: int, before: int | None, originals: bool = True
    ) -> list[RejectedEvent]:
        newest_first = sorted(self._of(tenant, wanted), key=lambda event: -event.sequence)
        page = [event for event in newest_first if before is None or event.sequence < before][:limit]
        if not originals:
            for event in page:
                event.document.pop("original", None)
                event.document.pop("original_base64", None)
        return page

    def count(self, tenant: str, wanted: RejectedFilter, *, before: int | None = None) -> int:
        return sum(before is None or event.sequence < before for event in self._of(tenant, wanted))

    def summary(self, tenant: str, wanted: RejectedFilter) -> list[RejectedCount]:
        counted = Counter((event.document["code"], event.document.get("field")) for event in self._of(tenant, wanted))
        counts = [RejectedCount(code, field, count) for (code, field), count in counted.items()]
        return sorted(counts, key=lambda count: (-count.count, count.code, count.field or ""))

    def mark_replayed(self, replayed: Sequence[tuple[RejectedEvent, str]]) -> None:
        for rejected, event_id in replayed:
            document = self._index.indices[rejected.index][rejected.id]
            document |= {"state": "replayed", "replayed_as": event_id}

    def _of(self, tenant: str, wanted: RejectedFilter) -> Iterator[RejectedEvent]:
        for name, documents in self._index.indices.items():
            if not name.startswith("rejected-"):
                continue
            for document_id, document in documents.items():
                if document["tenant"] == tenant and wanted.takes(document):
                    yield RejectedEvent(document_id, name, dict(document))
