"""Which parts of an event can be asked about, and what to call one that was misspelt."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from touchline.domain.events import CONTEXT, OBJECT, RESOURCE
from touchline.domain.limits import PROPERTY_KEY_CHARS
from touchline.errors import UnknownField

Kind = Literal["text", "amount", "property"]

PROPERTY: Final = "properties."
AMOUNT_FIELD: Final = "value.amount"
# Found by, but too many different values to be a row each.
NOT_GROUPED: Final = frozenset({"actor.email_hash"})
TEXT_FIELDS: Final[tuple[str, ...]] = (
    "action",
    "actor.id",
    "actor.type",
    "actor.anonymous_id",
    "actor.email_hash",
    *(f"object.{name}" for name in OBJECT),
    *(f"context.{name}" for name in CONTEXT),
    *(f"resource.{name}" for name in RESOURCE),
    "value.currency",
)
SHORT: Final = {name.rpartition(".")[2]: name for name in TEXT_FIELDS if name.startswith("context.")}


@dataclass(frozen=True, slots=True)
class Field:
    """`name` as the API says it; `key` is the property's own key, its dots included."""

    name: str
    kind: Kind

    @property
    def key(self) -> str:
        return self.name.removeprefix(PROPERTY)


def field_named(name: str, where: str) -> Field:
    """Raises UnknownField. `where` is the place in the request."""
    if name in TEXT_FIELDS:
        return Field(name, "text")
    if name == AMOUNT_FIELD:
        return Field(name, "amount")
    # Nested keys are joined with dots, so a path is longer than one key may be.
    if name.startswith(PROPERTY) and 0 < len(name) - len(PROPERTY) <= 4 * PROPERTY_KEY_CHARS:
        return Field(name, "property")
    raise _unknown(name, where)


def groupable(name: str, where: str) -> Field:
    field = field_named(name, where)
    if field.kind == "amount" or name in NOT_GROUPED:
        raise UnknownField(f"{name} has too many different values to be broken down by.", field=where)
    return field


def _unknown(name: str, where: str) -> UnknownField:
    everything = [*TEXT_FIELDS, AMOUNT_FIELD]
    by_ending = {known.rpartition(".")[2]: known for known in everything}
    close = [SHORT[name]] if name in SHORT else get_close_matches(name, everything, 3, 0.6)
    close = close or [by_ending[end] for end in get_close_matches(name, by_ending, 3, 0.6)]
    hint = f"Did you mean {' or '.join(close)}?" if close else f"Fields: {', '.join(everything)}, properties.<key>."
    return UnknownField(f"No field is named {name[:64]!r}. {hint}", field=where)
