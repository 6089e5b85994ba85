"""Events as a search finds them: from their columns where these tell all that is asked, else whole.

What is kept whole is packed in blocks, and each hit unpacks a block of its own: a person's events, which lie apart,
take less than half the time from columns (docs/decisions/computing-conversions.md).
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from touchline.adapters.opensearch.people import MOMENT, from_columns
from touchline.adapters.opensearch.templates import EVENT_FIELDS
from touchline.domain.conversions import PersonEvent
from touchline.domain.event_documents import DocumentIds

type Document = dict[str, Any]

ID: Final = "id"
SEVERAL: Final = "properties"


def _columns(fields: Mapping[str, Any], below: str = "") -> Iterator[tuple[str, bool]]:
    """Each field with whether it has a column."""
    for name, mapping in fields.items():
        inner = mapping.get("properties")
        if inner is None:
            yield below + name, mapping.get("doc_values", True)
        else:
            yield from _columns(inner, f"{below}{name}.")


_FIELDS: Final = dict(_columns(EVENT_FIELDS))
_PLACES: Final = {name: (name.partition(".")[0], name.partition(".")[2]) for name in _FIELDS}
NO_COLUMN: Final = frozenset(name for name, has in _FIELDS.items() if not has)
FROM_COLUMNS: Final = from_columns(name for name, has in _FIELDS.items() if has)


def tells_all(asked: Collection[str]) -> bool:
    """Whether events from columns have these fields, as questions name them."""
    return NO_COLUMN.isdisjoint(asked)


def whole_event(hit: Document) -> PersonEvent:
    return PersonEvent.of(hit["_id"], hit["_source"])


def column_event(hit: Document, ids: DocumentIds) -> PersonEvent:
    """Without what has no column."""
    document: Document = {}
    for name, values in hit["fields"].items():
        part, inner = _PLACES[name]
        if inner:
            document.setdefault(part, {})[inner] = values[0]
        else:
            document[part] = values if part == SEVERAL else values[0]
    document[MOMENT] = int(document[MOMENT])
    return PersonEvent.of(ids.of(document[ID].encode()), document)
