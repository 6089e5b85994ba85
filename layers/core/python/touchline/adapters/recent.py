"""What was asked for last is kept, as much of it as there is room for."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock


class Recent[Kept]:
    """`most`: how large all that is kept may be together, as `size_of` tells it. The latest is kept whatever its size.

    What is let go of here lives on for as long as others hold it.
    """

    def __init__(self, most: int, size_of: Callable[[Kept], int]) -> None:
        self._most = most
        self._size_of = size_of
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str) -> Kept | None:
        with self._lock:
            found = self._kept.get(name)
            if found is not None:
                self._kept.move_to_end(name)
            return found

    def keep(self, name: str, new: Kept) -> Kept:
        """What is kept under the name from now on: `new`, unless there is something already. Sizes are told anew."""
        with self._lock:
            found = self._kept.setdefault(name, new)
            self._kept.move_to_end(name)
            too_large = sum(map(self._size_of, self._kept.values())) - self._most
            while too_large > 0 and len(self._kept) > 1:
                too_large -= self._size_of(self._kept.popitem(last=False)[1])
            return found
