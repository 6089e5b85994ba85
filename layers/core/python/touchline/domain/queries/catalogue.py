"""What a tenant's events hold: fields, values, properties, and values that look like the same one."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from touchline.domain.properties import Scalar

PropertyType = Literal["text", "number", "boolean"]


@dataclass(frozen=True, slots=True)
class FieldUse:
    """`values`: the commonest with their number of events; `distinct` is an estimate."""

    field: str
    events: int
    distinct: int
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class PropertyUse:
    key: str
    type: PropertyType
    events: int
    examples: tuple[tuple[Scalar, int], ...]


@dataclass(frozen=True, slots=True)
class Newest:
    """Epoch ms. The event that happened last need not be the one that was received last."""

    happened_at: int
    received_at: int
    events: int


def type_of(value: Scalar) -> PropertyType:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def look_alikes(values: Iterable[str]) -> list[list[str]]:
    """Values that differ only by case, blanks, hyphens or underscores. They are told, and never folded."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for value in values:
        alike["".join(value.casefold().replace("-", " ").replace("_", " ").split())].append(value)
    return sorted(sorted(group) for group in alike.values() if len(group) > 1)
