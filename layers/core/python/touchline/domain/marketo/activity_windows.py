"""From when to when an import asks for activities: no gap between two imports, and no export over Marketo's limit.

Marketo's ranges have both ends inside and know whole seconds; ours end before their end. A window [start, end) is asked
for as startAt = start and endAt = end - 1 s, so that two neighbours share nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
SECOND_MS: Final = 1_000
LONGEST_MS: Final = 31 * DAY_MS  # of one export's range; ours is a second shorter than that
SETTLED_MS: Final = 300_000  # activities of the last minutes may not be in Marketo's database yet


@dataclass(frozen=True, slots=True)
class Window:
    """Epoch ms, whole seconds; `end` does not belong to it."""

    start: int
    end: int

    def as_filter(self) -> dict[str, str]:
        return {"startAt": _iso(self.start), "endAt": _iso(self.end - SECOND_MS)}


def windows(now: int, *, done_until: int | None, first_days: int, late_hours: int) -> list[Window]:
    """Of one import, the earliest first; none where nothing can have settled since the last one.

    Parameters
    ----------
    now : epoch ms
    done_until : where the latest import ended, epoch ms; None before the first
    late_hours : so far before `done_until` this one begins, but not before the reach of a first import
    """
    until = _whole(now - SETTLED_MS)
    earliest = _whole(until - first_days * DAY_MS)
    since = earliest if done_until is None else max(_whole(done_until) - late_hours * HOUR_MS, _oldest(until))
    return list(cut(since, until))


def end_of(filters: Iterator[dict[str, Any]]) -> int | None:
    """Where an import ends that asked for these: epoch ms, the first second that it did not ask for."""
    return max((asked_for(filter).end for filter in filters), default=None)


def days_of(asked: Iterable[Window]) -> float:
    return sum(window.end - window.start for window in asked) / DAY_MS


def asked_for(filter: Mapping[str, Any]) -> Window:
    """What an export's filter says."""
    between = filter["createdAt"]
    return Window(_moment(between["startAt"]), _moment(between["endAt"]) + SECOND_MS)


def _oldest(until: int) -> int:
    """Older events would not be taken in."""
    return _whole(until - 365 * DAY_MS)


def cut(since: int, until: int) -> Iterator[Window]:
    """What one export may ask for at once, the earliest first; both ends are whole seconds."""
    while since < until:
        end = min(since + LONGEST_MS, until)
        yield Window(since, end)
        since = end


def _whole(moment: int) -> int:
    return moment // SECOND_MS * SECOND_MS


def _iso(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000
