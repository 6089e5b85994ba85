"""The writing side of OpenSearch: bulk bodies as they are, and what became of each document."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from opensearchpy import OpenSearch

from touchline.adapters.opensearch.client import as_our_errors
from touchline.errors import StoreUnavailable
from touchline.ports import ItemOutcome

# Status and cause of each document, and nothing else: answers stay small, and positions are kept.
ANSWER: Final = "errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason"
CREATED: Final = ItemOutcome("created")
DUPLICATE: Final = ItemOutcome("duplicate")
# Also answered with 400, but for the index and not for the document: no room for another day's shards, a day that was
# closed by hand. The document is as good as before.
NOT_ITS_FAULT: Final = frozenset({"validation_exception", "index_closed_exception"})
LINES: Final = {"content-type": "application/x-ndjson"}


class OpenSearchEventIndex:
    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def bulk(self, body: bytes) -> list[ItemOutcome]:
        with as_our_errors():
            answer = self._client.transport.perform_request(
                "POST", "/_bulk", params={"filter_path": ANSWER}, body=body, headers=LINES
            )
        items = answer.get("items", [])
        if not answer.get("errors", True):
            return [CREATED] * len(items)
        return [_outcome(item) for item in items]

    def reopen(self, index: str) -> None:
        """Past days are closed for writing by one block; the platform's own (a full disk) is another and stays."""
        with as_our_errors():
            self._client.indices.put_settings(index=index, body={"index.blocks.write": None})

    def delete(self, index: str, ids: Sequence[str]) -> int:
        if not ids:
            return 0
        lines = [f'{{"delete":{{"_index":"{index}","_id":"{document_id}"}}}}\n' for document_id in ids]
        with as_our_errors():
            answer = self._client.transport.perform_request(
                "POST", "/_bulk", params={"filter_path": ANSWER}, body="".join(lines).encode(), headers=LINES
            )
        statuses = [next(iter(item.values()))["status"] for item in answer.get("items", [])]
        failed = [status for status in statuses if status not in {200, 404}]
        if failed:
            raise StoreUnavailable(f"{len(failed)} of {len(ids)} documents could not be deleted ({failed[0]}).")
        return statuses.count(200)


def _outcome(item: Mapping[str, Any]) -> ItemOutcome:
    result = next(iter(item.values()))
    status = result["status"]
    if status < 300:
        return CREATED
    error = result.get("error", {})
    kind = error.get("type", "")
    if status == 409:
        return DUPLICATE
    if status == 403 and kind == "cluster_block_exception":
        return ItemOutcome("blocked", error.get("reason", kind))
    if status == 400 and kind not in NOT_ITS_FAULT:
        return ItemOutcome("refused", _cause(error))
    return ItemOutcome("retry", f"{status} {kind}")


def _cause(error: Mapping[str, Any]) -> str:
    cause = error.get("caused_by", {}).get("reason")
    reason = f"{error.get('type', 'refused')}: {error.get('reason', '')}"
    return f"{reason} ({cause})" if cause else reason
