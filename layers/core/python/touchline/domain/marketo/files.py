"""Which files of an execution are kept for people, and when the others are gone."""

from typing import Final, Literal

# `kept`: for people; `pending`: what is still to be merged, which takes weeks where calls are few; `working`: what the
# next stage needs: leads, keys, rows on their way.
FileClass = Literal["kept", "pending", "working"]
# By the first part of a name.
KEPT: Final = frozenset({"report", "changes", "merges", "quarantine", "journal", "undo", "groups"})
PENDING: Final = frozenset({"merging", "plan"})


def class_of(name: str) -> FileClass:
    first = name.partition("/")[0]
    if first in KEPT:
        return "kept"
    return "pending" if first in PENDING else "working"


def is_kept(name: str) -> bool:
    return class_of(name) == "kept"
