"""The events queue kept in memory."""

from collections.abc import Sequence

from touchline.ports import PackedBatch


class MemoryEventQueue:
    def __init__(self) -> None:
        self.batches: list[PackedBatch] = []

    def send(self, batches: Sequence[PackedBatch]) -> None:
        self.batches.extend(batches)

    def depth(self) -> int:
        return len(self.batches)
