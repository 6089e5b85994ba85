"""Counts of what a memory index holds."""

from collections import Counter

from touchline.adapters.memory.event_index import MemoryEventIndex
from touchline.domain.archive import index_of_day


class MemoryEventCounts:
    def __init__(self, index: MemoryEventIndex) -> None:
        self._index = index

    def of_day(self, day: str, before: int) -> dict[tuple[str, str], int]:
        documents = self._index.indices.get(index_of_day(day), {}).values()
        return dict(Counter((found["tenant"], found["action"]) for found in documents if found["sequence"] < before))
