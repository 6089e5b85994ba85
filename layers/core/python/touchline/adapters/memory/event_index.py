"""Day indices kept in memory: create-only, with a switch for what a mapping refuses and for days closed for writing."""

from collections.abc import Callable, Sequence
from typing import Any

from touchline.adapters.event_json import read_bulk
from touchline.ports import ItemOutcome

type Document = dict[str, Any]


class MemoryEventIndex:
    def __init__(self, refuses: Callable[[Document], str | None] = lambda _: None) -> None:
        self.indices: dict[str, dict[str, Document]] = {}
        self.closed: set[str] = set()
        self._refuses = refuses  # the mapping's cause, or None

    def bulk(self, body: bytes) -> list[ItemOutcome]:
        return [
            self._write(action["_index"], action["_id"], document, replace=replace)
            for (action, document), replace in zip(read_bulk(body), _replacing(body), strict=True)
        ]

    def reopen(self, index: str) -> None:
        self.closed.discard(index)

    def delete(self, index: str, ids: Sequence[str]) -> int:
        documents = self.indices.get(index, {})
        return sum(documents.pop(document_id, None) is not None for document_id in ids)

    def documents(self) -> list[Document]:
        return [document for index in self.indices.values() for document in index.values()]

    def _write(self, index: str, document_id: str, document: Document, *, replace: bool) -> ItemOutcome:
        if index in self.closed:
            return ItemOutcome("blocked", "closed for writing")
        documents = self.indices.setdefault(index, {})
        if document_id in documents and not replace:
            return ItemOutcome("duplicate")
        cause = self._refuses(document)
        if cause is not None:
            return ItemOutcome("refused", cause)
        documents[document_id] = document
        return ItemOutcome("created")


def _replacing(body: bytes) -> list[bool]:
    """For each document, whether its action is `index` and not `create`."""
    return [action.startswith(b'{"index"') for action in body.splitlines()[::2]]
