"""Saved questions: a kind and its body under a name, asked anew by whoever follows the link."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

LONGEST_NAME: Final = 200
MOST_OF_TENANT: Final = 1_000
LONGEST_BODY: Final = 100_000  # a table's item holds 400 KB


@dataclass(frozen=True, slots=True)
class Report:
    """`body` is a question of `kind` as it was sent; `revision` grows with each change."""

    tenant: str
    id: str
    name: str
    kind: str
    body: Mapping[str, Any]
    created_at: int  # epoch ms
    changed_at: int
    revision: int = 0
