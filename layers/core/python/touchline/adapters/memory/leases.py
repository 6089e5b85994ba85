"""Leases in memory."""


class MemoryLeases:
    def __init__(self) -> None:
        self._held: dict[str, tuple[str, int]] = {}

    def take(self, name: str, owner: str, now: int, until: int) -> bool:
        holder, ends = self._held.get(name, (owner, 0))
        if holder != owner and ends > now:
            return False
        self._held[name] = (owner, until)
        return True

    def give_back(self, name: str, owner: str) -> None:
        if self._held.get(name, ("", 0))[0] == owner:
            del self._held[name]
