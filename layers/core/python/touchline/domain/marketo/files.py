"""Which files of an execution are kept for people, and which are gone once the work is done."""

from typing import Final

# By the first part of a name. All others hold what the next stage needs: leads, keys, rows on their way.
KEPT: Final = frozenset({"report", "changes", "merges", "quarantine", "journal", "undo", "groups"})


def is_kept(name: str) -> bool:
    return name.partition("/")[0] in KEPT
