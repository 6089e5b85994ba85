"""Rules as they come from outside, read part by part: a refusal names the place, the reason and what would work."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from touchline.domain.marketo.api import LeadField
from touchline.errors import InvalidRequest


def refuse(path: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"{path}: {reason}", field=path)


def suggest(name: str, known: Collection[str]) -> str:
    """What to say after an unknown name."""
    lower = {one.lower(): one for one in known}
    close = [lower[one] for one in get_close_matches(name.lower(), lower, 3, 0.6)]
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"Known: {', '.join(sorted(known)[:20])}{', …' if len(known) > 20 else ''}."


class Section:
    """One object of the rules. Unknown keys are refused, so that a misspelt one is not silently without effect."""

    def __init__(self, value: object, path: str, keys: Collection[str]) -> None:
        if not isinstance(value, Mapping):
            raise refuse(path, f"must be an object with any of {', '.join(keys)}.")
        self.path = path
        self._values: Mapping[Any, Any] = value
        for key in value:
            if key not in keys:
                raise refuse(f"{path}.{key}", f"is not known. {suggest(str(key), keys)}")

    def has(self, key: str) -> bool:
        return self._values.get(key) is not None

    def place(self, key: str) -> str:
        return f"{self.path}.{key}"

    def section(self, key: str, keys: Collection[str]) -> "Section":
        return Section(self._values.get(key) or {}, self.place(key), keys)

    def text(self, key: str) -> str | None:
        value = self._values.get(key)
        if value is None or (isinstance(value, str) and value.strip() and len(value) <= 255):
            return value
        raise refuse(self.place(key), "must be text of 1 to 255 characters.")

    def flag(self, key: str, default: bool) -> bool:  # noqa: FBT001 - a default, as the others take theirs
        value = self._values.get(key, default)
        if isinstance(value, bool):
            return value
        raise refuse(self.place(key), "must be true or false.")

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        value = self._values.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise refuse(self.place(key), f"must be a whole number from {least:,} to {most:,}.")

    def share(self, key: str, default: float) -> float:
        value = self._values.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        raise refuse(self.place(key), "must be a number from 0 to 1.")

    def one_of[T: str](self, key: str, choices: Sequence[T], default: T) -> T:
        value = self._values.get(key, default)
        for choice in choices:
            if value == choice:
                return choice
        raise refuse(self.place(key), f"{str(value)[:64]!r} is not known. It can be {', '.join(choices)}.")

    def items(self, key: str, most: int) -> Iterator[tuple[Any, str]]:
        """Each with its place; none where the key is not there."""
        value = self._values.get(key)
        if value is None:
            return
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise refuse(self.place(key), "must be a list.")
        if len(value) > most:
            raise refuse(self.place(key), f"has {len(value):,} entries; at most {most:,} are taken.")
        for n, item in enumerate(value):
            yield item, f"{self.place(key)}[{n}]"

    def texts(self, key: str, most: int = 1_000) -> tuple[str, ...]:
        return tuple(read_text(item, path) for item, path in self.items(key, most))

    def pairs(self, key: str) -> Iterator[tuple[str, Any, str]]:
        """Of an object whose keys are the customer's own: key, value, place."""
        value = self._values.get(key)
        if value is None:
            return
        if not isinstance(value, Mapping):
            raise refuse(self.place(key), "must be an object.")
        for name, item in value.items():
            yield str(name), item, f"{self.place(key)}.{name}"


def read_text(value: object, path: str) -> str:
    if isinstance(value, str) and value.strip() and len(value) <= 255:
        return value
    raise refuse(path, "must be text of 1 to 255 characters.")


class LeadFields:
    """The fields of one instance, and which of them the rules use."""

    def __init__(self, fields: Sequence[LeadField]) -> None:
        self._fields = {field.name: field for field in fields}
        self.used: dict[str, str] = {}

    def has(self, *names: str) -> bool:
        return all(name in self._fields for name in names)

    def use(self, name: str) -> None:
        """A field that is known to be there."""
        self.used[name] = self._fields[name].data_type

    def named(self, name: object, path: str, types: Collection[str] = (), why: str = "") -> LeadField:
        """`types` that would do, `why` they must. The field is used from now on."""
        text = read_text(name, path)
        field = self._fields.get(text)
        if field is None:
            raise refuse(path, f"no field of leads is named {text[:64]!r}. {suggest(text, self._fields)}")
        if types and field.data_type not in types:
            reason = f"{text} has the type {field.data_type}; {why} fields of type {', '.join(sorted(types))}."
            raise refuse(path, f"{reason} {self._fitting(types)}".rstrip())
        self.use(text)
        return field

    def written(self, name: object, path: str, types: Collection[str] = (), why: str = "") -> LeadField:
        field = self.named(name, path, types, why)
        if not field.updateable:
            raise refuse(path, f"Marketo does not let {field.name} be changed, so it can have no rule of values.")
        return field

    def _fitting(self, types: Collection[str]) -> str:
        names = [field.name for field in self._fields.values() if field.data_type in types]
        return f"Such are {', '.join(sorted(names)[:8])}." if names else ""
