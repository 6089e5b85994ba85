"""What a store's answer for one document means."""

from types import SimpleNamespace
from typing import Any

import pytest
from touchline.adapters.opensearch.bulk import OpenSearchEventIndex


def outcome(status: int, kind: str) -> str:
    error = {"type": kind, "reason": "r"}
    answer = {"errors": True, "items": [{"create": {"status": status, "error": error}}]}
    transport = SimpleNamespace(perform_request=lambda *_, **__: answer)
    client: Any = SimpleNamespace(transport=transport)
    return OpenSearchEventIndex(client).bulk(b"")[0].kind


@pytest.mark.parametrize(
    ("status", "kind", "meaning"),
    [
        (400, "mapper_parsing_exception", "refused"),
        (400, "strict_dynamic_mapping_exception", "refused"),
        (400, "illegal_argument_exception", "refused"),
        (400, "validation_exception", "retry"),
        (400, "index_closed_exception", "retry"),
        (403, "cluster_block_exception", "blocked"),
        (403, "security_exception", "retry"),
        (409, "version_conflict_engine_exception", "duplicate"),
        (429, "cluster_block_exception", "retry"),
    ],
)
def test_only_a_documents_own_fault_refuses_it(status: int, kind: str, meaning: str) -> None:
    assert outcome(status, kind) == meaning
