"""Requests as handlers see them, answers, and which handler answers which method and path."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.marketo_simulator.refusal import Refusal

if TYPE_CHECKING:
    from local.marketo_simulator.instance import Instance

type Body = dict[str, Any]
type Parameters = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Request:
    """`method` is what is meant (`_method` counts), `path` has no doubled slashes, `query` and `form` are decoded."""

    method: str
    path: str
    query: Parameters = field(default_factory=dict)
    form: Parameters = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in small letters
    body: bytes = b""
    names: Mapping[str, str] = field(default_factory=dict)  # what the path's braces matched
    user: str = ""  # the API user
    client: str = ""  # the custom service's client id

    def values(self, name: str) -> list[str]:
        """All of a parameter's values, given once with commas or several times, in the query or the form."""
        given = [*self.query.get(name, ()), *self.form.get(name, ())]
        return [part.strip() for text in given for part in text.split(",") if part.strip()]

    def text(self, name: str, default: str = "") -> str:
        for place in (self.query, self.form):
            if place.get(name):
                return place[name][0].strip()
        return default

    def integer(self, name: str, default: int, *, most: int | None = None) -> int:
        text = self.text(name)
        if not text:
            return default
        if not is_number(text):
            raise Refusal("1003", f"Invalid value for parameter '{name}': {text}")
        return int(text) if most is None else min(int(text), most)

    def number(self, name: str) -> int:
        """An id of the path. Raises 1001 where it is no whole number."""
        text = self.names[name]
        if not is_number(text):
            raise Refusal("1001", f"Invalid value '{text}'. Required of type 'Long'")
        return int(text)

    def json(self) -> Body:
        """The body as a JSON object; raises 609 where it is none, 612 for a form. An empty body is an empty object."""
        if not self.body.strip():
            return {}
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise Refusal("612", "Invalid Content Type")
        try:
            read = json.loads(self.body)
        except ValueError as error:
            raise Refusal("609", "Invalid JSON") from error
        if not isinstance(read, dict):
            raise Refusal("609", "Invalid JSON")
        return read


@dataclass(frozen=True, slots=True)
class Answer:
    """Anything that is not the usual JSON. `body` may be (part of) a file: bytes [start, end) of it are sent."""

    body: bytes | Path
    status: int = 200
    content_type: str = "text/plain;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    start: int = 0
    end: int | None = None
    cut_at: int | None = None  # the connection is dropped after so many bytes, although more were announced
    hang_up: bool = False  # nothing is sent at all
    code: str | None = None  # the error code it stands for, for the statistics


type Handler = Callable[[Instance, Request], Body | Answer]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    handler: Handler
    permissions: tuple[str, ...] = ()  # any of them is enough; none at all: every API user may
    counted: bool = True  # against quota and rate

    def match(self, path: str) -> dict[str, str] | None:
        found = _pattern(self.path).fullmatch(path)
        return found.groupdict() if found else None


_patterns: dict[str, re.Pattern[str]] = {}


def _pattern(path: str) -> re.Pattern[str]:
    if path not in _patterns:
        named = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+?)", re.escape(path))
        _patterns[path] = re.compile(named)
    return _patterns[path]


class Routes:
    def __init__(self) -> None:
        self.routes: list[Route] = []

    def get(self, path: str, *, permission: str | tuple[str, ...] = ()) -> Callable[[Handler], Handler]:
        return self.on("GET", path, permission=permission)

    def post(self, path: str, *, permission: str | tuple[str, ...] = ()) -> Callable[[Handler], Handler]:
        return self.on("POST", path, permission=permission)

    def delete(self, path: str, *, permission: str | tuple[str, ...] = ()) -> Callable[[Handler], Handler]:
        return self.on("DELETE", path, permission=permission)

    def on(self, method: str, path: str, *, permission: str | tuple[str, ...] = ()) -> Callable[[Handler], Handler]:
        permissions = (permission,) if isinstance(permission, str) else permission

        def add(handler: Handler) -> Handler:
            self.routes.append(Route(method, path, handler, permissions))
            return handler

        return add


@dataclass(frozen=True, slots=True)
class Found:
    route: Route
    names: Mapping[str, str]


def is_number(text: str) -> bool:
    """Digits that make an id; `str.isdigit` also takes superscripts."""
    return re.fullmatch(r"[0-9]{1,18}", text) is not None


def find(routes: list[Route], method: str, path: str) -> Found | Refusal:
    """605 where the path takes other methods, 610 where nobody knows it.

    Literal paths come before those with braces, so `/lists/{id}.json` never hides `/lists/byName.json`.
    """
    matching = [(route, names) for route in routes if (names := route.match(path)) is not None]
    if not matching:
        return Refusal("610", f"Requested resource '{path}' not found")
    allowed = [(route, names) for route, names in matching if route.method == method]
    if not allowed:
        return Refusal("605", f"HTTP Method '{method}' not supported")
    route, names = min(allowed, key=lambda one: one[0].path.count("{"))
    return Found(route, names)
