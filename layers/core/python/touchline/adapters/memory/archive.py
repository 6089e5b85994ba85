"""The archive in memory, with the laws of the real one."""

from collections.abc import Iterable, Sequence

from touchline.errors import NotFound


class MemoryArchive:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, body: bytes) -> None:
        self.objects[key] = bytes(body)

    def get(self, key: str) -> bytes:
        try:
            return self.objects[key]
        except KeyError:
            raise NotFound(f"The archive has no object {key}.") from None

    def keys(self, prefix: str, after: str = "") -> Iterable[str]:
        return iter(sorted(key for key in self.objects if key.startswith(prefix) and key > after))

    def sizes(self, prefix: str, after: str = "") -> Iterable[tuple[str, int]]:
        return ((key, len(self.objects[key])) for key in self.keys(prefix, after))

    def size(self, key: str) -> int:
        return len(self.get(key))

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)
