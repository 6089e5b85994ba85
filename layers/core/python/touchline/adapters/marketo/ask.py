"""A call to Marketo as data: what is sent, what it does, and how long it may take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from touchline.domain.marketo.error_table import Call

ANSWER_BYTES: Final = 32_000_000
# Marketo gives up after 60 s (leads), 90 s (changes) and 180 s (merges): we wait longer, to hear what it says.
READ_SECONDS: Final = 75.0
WRITE_SECONDS: Final = 105.0
MERGE_SECONDS: Final = 185.0


@dataclass(frozen=True, slots=True)
class Ask:
    """Of `form`, `body` and `file` one at most. `permission`: what Marketo calls the permission that it needs."""

    method: str
    path: str
    permission: str
    call: Call = "read"
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    file: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = READ_SECONDS  # without a word from Marketo
    lasts_seconds: float = 0  # until the answer's end; 0: half as long again
    most_bytes: int = ANSWER_BYTES  # of the answer
    halves: bool = False  # whoever asks asks again for half as much where it takes too long

    @property
    def longest_seconds(self) -> float:
        return self.lasts_seconds or 1.5 * self.seconds


def read(path: str, permission: str, **query: str) -> Ask:
    return Ask("GET", path, permission, query=query)
