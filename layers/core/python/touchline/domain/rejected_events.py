"""Events that were set aside: what can be asked of them, and how one is corrected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from touchline.domain.event_documents import original_of
from touchline.errors import InvalidRequest

type State = Literal["open", "replayed"]

CORRECTION_DEPTH: Final = 5  # an event's deepest field is properties.a.b.c


@dataclass(frozen=True, slots=True)
class RejectedFilter:
    """Half-open [since, until), epoch ms, by when it was received; None: any."""

    code: str | None = None
    field: str | None = None
    since: int | None = None
    until: int | None = None
    state: State | None = None

    def takes(self, document: Mapping[str, Any]) -> bool:
        equal = (("code", self.code), ("field", self.field), ("state", self.state))
        received_at = document["@timestamp"]
        return (
            all(wanted is None or document.get(name) == wanted for name, wanted in equal)
            and (self.since is None or received_at >= self.since)
            and (self.until is None or received_at < self.until)
        )


@dataclass(frozen=True, slots=True)
class RejectedEvent:
    id: str
    index: str
    document: dict[str, Any]

    @property
    def sequence(self) -> int:
        return int(self.document["sequence"])

    @property
    def original(self) -> bytes:
        return original_of(self.document)

    @property
    def is_whole(self) -> bool:
        """Whether all of the original was kept."""
        return "original_size" not in self.document

    @property
    def replayed_as(self) -> str | None:
        """The id of the event it became, once it was replayed."""
        return self.document.get("replayed_as") if self.document["state"] == "replayed" else None


@dataclass(frozen=True, slots=True)
class RejectedCount:
    code: str
    field: str | None
    count: int


def corrected(event: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the event with the fields at the given paths (`actor.id`) set; None removes one."""
    # Copied along the paths only: what was sent may be nested deeper than Python's recursion goes.
    changed = dict(event)
    for path, value in changes.items():
        _set(changed, path.split("."), value)
    return changed


def _set(event: dict[str, Any], path: list[str], value: Any) -> None:
    if not all(path) or len(path) > CORRECTION_DEPTH:
        raise InvalidRequest(f"{'.'.join(path)!r} is not the path of a field.", field="set")
    for name in path[:-1]:
        inner = event.get(name)
        event[name] = dict(inner) if isinstance(inner, dict) else {}
        event = event[name]
    if value is None:
        event.pop(path[-1], None)
    else:
        event[path[-1]] = value
