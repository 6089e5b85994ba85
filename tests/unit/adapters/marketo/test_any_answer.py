"""Whatever JSON comes back, a method answers or raises one of our errors; nothing else ever escapes."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import orjson
from hypothesis import example, given
from hypothesis import strategies as st
from touchline.adapters.marketo.client import MarketoClient
from touchline.domain.marketo.api import ExportOrder, LeadField
from touchline.errors import TouchlineError

from tests.unit.adapters.marketo.canned import Canned

WORDS = """
    success result errors code message reasons status id name fields dataType displayName length searchableFields
    exportId fileSize fileChecksum numberOfRecords createdAt batchId importId nextPageToken moreResult total
    workspaceName programName rules access_token expires_in error error_description
"""
NAMES = st.sampled_from(WORDS.split())
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.sampled_from(
        ["Completed", "Canceled", "Complete", "updated", "1003", "sha256:ab", "2026-11-22T10:00:00Z", "7"]
    )
    | st.text(max_size=20)
)
ANSWERS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=20
)
JSON = ANSWERS | st.builds(
    lambda result, token: {"success": True, "result": result, "nextPageToken": token},
    st.lists(st.dictionaries(NAMES, LEAVES | st.lists(LEAVES, max_size=2), max_size=9), max_size=3),
    st.none() | st.text(max_size=3),
)
METHODS: list[Callable[[MarketoClient], Any]] = [
    lambda marketo: marketo.check(),
    lambda marketo: marketo.fields(),
    lambda marketo: marketo.create_fields([LeadField("name", "Name", "string")]),
    lambda marketo: marketo.lists("static", name="a", limit=3),
    lambda marketo: marketo.lists("smart", limit=3),
    lambda marketo: marketo.get_list("static", 1),
    lambda marketo: marketo.get_list("smart", 1),
    lambda marketo: marketo.smart_list_rules(1),
    lambda marketo: marketo.begun_at(),
    lambda marketo: marketo.activity_types(),
    lambda marketo: marketo.calls_today(),
    lambda marketo: marketo.create_export(ExportOrder("leads", ("id",), {"staticListId": 1})),
    lambda marketo: marketo.enqueue_export("leads", "a1"),
    lambda marketo: marketo.get_export("leads", "a1"),
    lambda marketo: marketo.exports("leads"),
    lambda marketo: marketo.cancel_export("leads", "a1"),
    lambda marketo: list(marketo.read_export("leads", "a1", 0, 10)),
    lambda marketo: marketo.import_leads(b"id,a\n", lookup="id"),
    lambda marketo: marketo.get_import("1"),
    lambda marketo: list(marketo.import_failures("1")),
    lambda marketo: marketo.leads("id", ["1", "2"], ["name"]),
    lambda marketo: marketo.update_leads([{"id": 1}]),
    lambda marketo: marketo.merge_leads(1, [2], in_crm=False),
]


@given(JSON, st.sampled_from(METHODS))
@example({"success": False, "errors": [{}]}, METHODS[0])
@example({"success": True, "result": [{"exportId": "a/../b", "status": "Created"}]}, METHODS[9])
def test_any_answer_is_read_or_refused(answer: Any, method: Callable[[MarketoClient], Any]) -> None:
    with suppress(TouchlineError):
        method(Canned([httpx.Response(200, content=orjson.dumps(_storable(answer)))]).open())


@given(JSON, st.sampled_from([200, 400, 401, 404]))
def test_any_answer_of_identity_is_read_or_refused(answer: Any, status: int) -> None:
    identity = httpx.Response(status, content=orjson.dumps(_storable(answer)))
    with suppress(TouchlineError):
        Canned([{"success": True, "result": []}], identity=identity).open().fields()


def _storable(value: Any) -> Any:
    """orjson writes whole numbers of 64 bits at most."""
    if isinstance(value, dict):
        return {name: _storable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_storable(member) for member in value]
    return str(value) if isinstance(value, int) and not -(2**63) <= value < 2**63 else value
