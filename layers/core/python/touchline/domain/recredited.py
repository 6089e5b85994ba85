"""Credit computed anew from conversions as they are kept: for other rules than the goal's own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from touchline.domain.attributed import COLUMNS, Attributed, Exact, Touched, Value, Whole, value_key
from touchline.domain.attribution import MICRO, Credit, CreditRules, TouchPoint, credits
from touchline.domain.queries.fields import Field
from touchline.domain.queries.matching import values_of

type Document = dict[str, Any]
type Cell = tuple[int, str | None]

FLAGS: Final = ("first", "last", "won")
# What is read of a conversion, beside the touches' field.
PARTS: Final = (
    *("@timestamp", "event", "person", "value", "touch_count"),
    *(f"touches.{name}" for name in ("event", "@timestamp", "sequence", "context.channel")),
)


@dataclass(frozen=True, slots=True)
class Recrediting:
    field: Field
    rules: CreditRules
    lookback_ms: int
    collapse: bool = False


class Recredited:
    """Adds up documents one after the other; a touch's credit is split evenly between several values of it."""

    def __init__(self, wanted: Recrediting) -> None:
        self._wanted = wanted
        self._wholes: dict[Cell, list[int]] = {}
        self._sums: dict[tuple[Cell, tuple[str, str]], list[Any]] = {}

    def add(self, bucket: int, document: Document) -> None:
        value = document.get("value", {})
        cell = bucket, value.get("currency")
        amount = value.get("amount_e4")
        touches = counted_touches(document, self._wanted)
        whole = self._wholes.setdefault(cell, [0] * 4)
        for n, one in enumerate((1, amount or 0, int(not touches), 0 if touches else amount or 0)):
            whole[n] += one
        for touch, one in zip(touches, recredit(document, touches, self._wanted.rules), strict=True):
            self._share(cell, values_of(touch, self._wanted.field) or [None], one)

    def found(self) -> Attributed:
        return Attributed(
            [
                Touched(*cell, value, touches, tuple(counts), tuple(values))
                for (cell, _), (value, touches, counts, values) in self._sums.items()
            ],
            [Whole(*cell, *sums) for cell, sums in self._wholes.items()],
        )

    def _share(self, cell: Cell, values: Sequence[Value], one: Credit) -> None:
        kept = one.document()
        for value in values:
            sums = self._sums.setdefault((cell, value_key(value)), [value, 0, [0] * 6, [0] * 6])
            sums[1] += _part(1, len(values))
            for n, name in enumerate(COLUMNS):
                scale = MICRO if name in FLAGS else 1
                sums[2][n] += _part(int(kept.get(name, 0)) * scale, len(values))
                sums[3][n] += _part(int(kept.get(f"{name}_e4", 0)), len(values))


def counted_touches(document: Document, wanted: Recrediting) -> list[Document]:
    """Those within the lookback; of a run with the same value the last."""
    at = document["@timestamp"]
    touches = [one for one in document["touches"] if at - one["@timestamp"] <= wanted.lookback_ms]
    return list(_collapsed(touches, wanted.field)) if wanted.collapse else touches


def recredit(document: Document, touches: Iterable[Document], rules: CreditRules) -> list[Credit]:
    points = [
        TouchPoint(one["event"], one["@timestamp"], one["sequence"], one.get("context", {}).get("channel"))
        for one in touches
    ]
    return credits(document["@timestamp"], points, rules, document.get("value", {}).get("amount_e4"))


def _collapsed(touches: Sequence[Document], field: Field) -> Iterator[Document]:
    for n, one in enumerate(touches):
        following = touches[n + 1] if n + 1 < len(touches) else None
        if following is None or _keys(one, field) != _keys(following, field):
            yield one


def _keys(touch: Document, field: Field) -> list[tuple[str, str]]:
    return [value_key(one) for one in values_of(touch, field)]


def _part(one: int, of: int) -> Exact:
    return one if of == 1 else Fraction(one, of)
