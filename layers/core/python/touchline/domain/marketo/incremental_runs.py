"""When an execution reads only the leads that changed, and why it reads the whole list otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

DAY_MS: Final = 86_400_000
EARLY_MS: Final = 3_600_000  # a scheduled run that comes some seconds earlier in its day than the last is due as well
# A hundred calls of the 50,000 that a day has, two minutes of Marketo's time. Of more, an extract with all columns is
# there as soon, and costs about what so many calls do.
MOST_READ_BY_ID: Final = 30_000

Because = Literal[
    "asked_for",
    "preview",
    "no_earlier_run",
    "rules_changed",
    "full_is_due",
    "much_has_changed",
    "state_is_gone",
]
REASONS: Final[Mapping[Because, str]] = {
    "asked_for": "a full run was asked for",
    "preview": "a preview is of the whole list",
    "no_earlier_run": "no earlier run has kept what an incremental one needs, or too many days ago",
    "rules_changed": "rules, list, types of fields, or the way leads are compared are not those of the run before",
    "full_is_due": "the last full run is as many days ago as the rules say",
    "much_has_changed": f"more than {MOST_READ_BY_ID:,} leads would have to be read by id",
    "state_is_gone": "what the run before had kept was deleted meanwhile",
}


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of the state that the run before has kept. `same`: whether it was made with what is asked for now;
    `full_at` (epoch ms): when the whole list was read; `opened`: leads to which something was to be written."""

    same: bool
    full_at: int
    opened: int


def why_full(before: Before | None, now: int, days: int, *, asked: bool, preview: bool) -> Because | None:
    """None where only what changed needs to be read. `days`: after which the whole list is read again."""
    if asked or preview:
        return "asked_for" if asked else "preview"
    if before is None:
        return "no_earlier_run"
    if not before.same:
        return "rules_changed"
    if now - before.full_at >= days * DAY_MS - EARLY_MS:
        return "full_is_due"
    return "much_has_changed" if before.opened > MOST_READ_BY_ID else None
