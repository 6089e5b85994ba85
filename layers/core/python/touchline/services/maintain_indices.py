"""Retention, merging and closing of past days. Any step may be repeated; what one run leaves the next one does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from touchline.ports import DayIndex, DayIndices

# A day is quiet when nothing for it was received for this long; late events go on coming for a while after midnight.
QUIET_MS = 60 * 60 * 1000
# A first run after years must not hold the cluster for hours: merging is the heaviest thing it does.
MERGES_A_RUN = 60


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that are kept, today included."""

    events: int
    rejected: int
    conversions: int

    def is_over(self, index: DayIndex, today: date) -> bool:
        kept = {"events": self.events, "rejected": self.rejected, "conversions": self.conversions}[index.kind]
        return index.day <= today - timedelta(days=kept)


@dataclass
class Maintained:
    dropped: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # past days for the next run: still receiving, or no time left


def maintain_indices(
    indices: DayIndices, retention: Retention, *, today: date, now: int, has_time: Callable[[], bool]
) -> Maintained:
    """`today` is the UTC day of `now` (epoch ms). Days that late events opened again are merged and closed again."""
    done = Maintained()
    for index in indices.all():
        if retention.is_over(index, today):
            indices.drop(index.name)
            done.dropped.append(index.name)
        elif index.kind == "events" and index.day < today and not (index.read_only and index.merged):
            _finish(indices, index, done, now, has_time)
    return done


def _finish(indices: DayIndices, index: DayIndex, done: Maintained, now: int, has_time: Callable[[], bool]) -> None:
    if len(done.merged) >= MERGES_A_RUN or not has_time() or now - indices.newest(index.name) < QUIET_MS:
        done.left.append(index.name)
        return
    if not index.read_only:
        # Closed first: what arrives during the merge opens it again, and so is seen by the next run.
        indices.close_for_writing(index.name)
        done.closed.append(index.name)
    if not index.merged:
        indices.merge(index.name)
        done.merged.append(index.name)
