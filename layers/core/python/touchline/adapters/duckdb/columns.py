"""The columns of an archived event, and the way from document to row and back: nothing is lost and nothing is added."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from touchline.domain.archive import ArchivedEvent
from touchline.errors import UnknownColumn

FIELDS: Final[dict[str, dict[str, str] | str]] = {
    "@timestamp": "BIGINT",
    "original_timestamp": "BIGINT",
    "sequence": "BIGINT",
    "tenant": "VARCHAR",
    "id": "VARCHAR",
    "action": "VARCHAR",
    "action_raw": "VARCHAR",
    "actor": dict.fromkeys(("id", "type", "anonymous_id", "previous_id", "email_hash", "email"), "VARCHAR"),
    "object": dict.fromkeys(("id", "type", "name"), "VARCHAR"),
    "context": dict.fromkeys(("campaign", "journey", "channel", "message", "variant", "segment"), "VARCHAR"),
    "resource": dict.fromkeys(("id", "type"), "VARCHAR"),
    "value": {"amount_e4": "BIGINT", "currency": "VARCHAR"},
    "properties": "VARCHAR[]",
}
GROUPS: Final = {name: frozenset(members) for name, members in FIELDS.items() if isinstance(members, dict)}

# `_id`, then the document's fields, in this order in every statement.
NAMES: Final = ", ".join(['"_id"', *(f'"{name}"' for name in FIELDS)])
# What tells two versions apart beside when they were accepted: all but `_id` and `sequence`.
CONTENT: Final = ", ".join(f'"{name}"' for name in FIELDS if name != "sequence")
# By actor, then time: sequences of a person's events are read in one run.
ORDER: Final = '"actor"."id", "@timestamp", "sequence", "_id"'


def json_columns() -> str:
    """The `columns` argument of read_json for staged lines."""
    types = {"_id": "VARCHAR", "_day": "VARCHAR"} | {name: sql_type(spec) for name, spec in FIELDS.items()}
    return "{" + ", ".join(f"'{name}': '{spec}'" for name, spec in types.items()) + "}"


def staged_lines(events: Iterable[ArchivedEvent]) -> Iterator[bytes]:
    """One JSON line for each event: its document with `_id` and `_day` in front."""
    for event in events:
        _refuse_unknown(event)
        head = orjson.dumps({"_id": event.id, "_day": event.day})
        yield b"%b,%b\n" % (head[:-1], event.document[1:])


def to_event(row: tuple[Any, ...], day: str) -> ArchivedEvent:
    """A row selected as NAMES."""
    document = {name: _present(value) for name, value in zip(FIELDS, row[1:], strict=True) if value is not None}
    return ArchivedEvent(row[0], document["tenant"], day, orjson.dumps(document))


def _present(value: Any) -> Any:
    return {name: member for name, member in value.items() if member is not None} if isinstance(value, dict) else value


def _refuse_unknown(event: ArchivedEvent) -> None:
    document = orjson.loads(event.document)
    unknown = [name for name in document if name not in FIELDS]
    for group, members in GROUPS.items():
        unknown += [f"{group}.{name}" for name in document.get(group, ()) if name not in members]
    if unknown:
        raise UnknownColumn(f"The archive has no column for {', '.join(sorted(unknown))}.")


def sql_type(spec: dict[str, str] | str) -> str:
    if isinstance(spec, str):
        return spec
    return "STRUCT(" + ", ".join(f'"{name}" {member}' for name, member in spec.items()) + ")"
