"""How a smart list's filters are joined: all, any, or as `1 and (2 or 3)` says."""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from touchline.errors import InvalidRequest

TOKEN: Final = re.compile(r"\s*(\(|\)|[0-9]{1,4}|[A-Za-z]+|\S)")
MOST_CHARACTERS: Final = 2_000
DEEPEST: Final = 50


@dataclass(frozen=True, slots=True)
class Joined:
    """`parts`: places of filters, from 0, and what is joined inside."""

    how: Literal["all", "any"]
    parts: tuple["int | Joined", ...]


def joined(match_type: Any, custom: Any, filters: int) -> Joined:
    """Raises `InvalidRequest` where that cannot be told for sure."""
    how = str(match_type or "").strip().lower()
    if how == "all":
        return Joined("all", tuple(range(filters)))
    if how == "any":
        return Joined("any", tuple(range(filters)))
    if how != "custom":
        raise InvalidRequest(f"its filters are joined by {how[:50]!r}, which is none of all, any and custom")
    return _Reading(str(custom or ""), filters).whole()


class _Reading:
    def __init__(self, text: str, filters: int) -> None:
        if len(text) > MOST_CHARACTERS:
            raise InvalidRequest(f"its logic has more than {MOST_CHARACTERS:,} characters")
        self._text = text
        self._filters = filters
        self._tokens = [token.lower() for token in TOKEN.findall(text)]
        self._depth = 0

    def whole(self) -> Joined:
        read = self._expression()
        if self._tokens:
            raise self._unclear(f"{self._tokens[0]!r} is not expected there")
        return read if isinstance(read, Joined) else Joined("all", (read,))

    def _expression(self) -> int | Joined:
        """`and` and `or` beside each other have no order of their own: who means one writes brackets."""
        parts, words = [self._operand()], set[str]()
        while self._tokens and self._tokens[0] in {"and", "or"}:
            words.add(self._tokens.pop(0))
            parts.append(self._operand())
        if len(words) > 1:
            raise self._unclear("`and` and `or` stand side by side without brackets")
        if len(parts) == 1:
            return parts[0]
        return Joined("any" if words == {"or"} else "all", tuple(parts))

    def _operand(self) -> int | Joined:
        token = self._tokens.pop(0) if self._tokens else "its end"
        if token == "(":
            return self._bracketed()
        if not token.isdigit() or not 1 <= int(token) <= self._filters:
            raise self._unclear(f"{token!r} is not the number of one of its {self._filters} filters")
        return int(token) - 1

    def _bracketed(self) -> int | Joined:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._unclear("its brackets are nested too deeply")
        inside = self._expression()
        self._depth -= 1
        if not self._tokens or self._tokens.pop(0) != ")":
            raise self._unclear("a bracket is not closed")
        return inside

    def _unclear(self, why: str) -> InvalidRequest:
        return InvalidRequest(f"its logic {self._text[:100]!r} cannot be read: {why}")
