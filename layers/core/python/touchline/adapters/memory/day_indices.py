"""Indices of single days in memory."""

from dataclasses import dataclass, replace

from touchline.ports import DayIndex


@dataclass
class MemoryDayIndices:
    indices: dict[str, DayIndex]
    received: dict[str, int]  # by name, when its newest document was received (epoch ms)

    def all(self) -> list[DayIndex]:
        return sorted(self.indices.values(), key=lambda index: (index.day, index.name))

    def newest(self, name: str) -> int:
        return self.received.get(name, 0)

    def drop(self, name: str) -> None:
        self.indices.pop(name, None)

    def merge(self, name: str) -> None:
        self.indices[name] = replace(self.indices[name], merged=True)

    def close_for_writing(self, name: str) -> None:
        self.indices[name] = replace(self.indices[name], read_only=True)
