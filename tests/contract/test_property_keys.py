"""Property keys are found on a real node, also where a tenant has many long ones."""

from typing import Any

import pytest
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.event_reports import OpenSearchEventReports
from touchline.adapters.opensearch.event_search import OpenSearchEventSearch
from touchline.domain.queries.fields import field_named
from touchline.domain.queries.ranges import TimeRange

from local.opensearch import Node
from tests.contract.reported_events import DAY, index_events

BEGIN = 1_700_000_000_000  # far from the days of other tests on the same node
SPAN = TimeRange(BEGIN, BEGIN + DAY)
KEYS = [f"a_key_whose_name_is_long_and_has-signs.number_{number:02}" for number in range(90)]

pytestmark = pytest.mark.search


@pytest.fixture(scope="module")
def reports(search_node: Node) -> OpenSearchEventReports:
    index_events(search_node.url, [_event(number) for number in range(30)])
    client = connect(search_node.url, region="us-east-1", timeout_seconds=20)
    return OpenSearchEventReports(OpenSearchEventSearch(client))


def _event(number: int) -> dict[str, Any]:
    return {
        "@timestamp": BEGIN + number,
        "sequence": BEGIN * 1_000_000 + number,
        "tenant": "many_keys",
        "id": f"e{number}",
        "action": "opened",
        "actor": {"id": "c"},
        "properties": [f"{key}=value {number}" for key in KEYS],
    }


def test_all_keys_are_found_among_thousands_of_values(reports: OpenSearchEventReports) -> None:
    uses, complete = reports.property_uses("many_keys", SPAN, 3)
    assert complete
    assert [(use.key, use.events) for use in uses] == [(key, 30) for key in KEYS]


def test_a_long_key_can_be_broken_down_by(reports: OpenSearchEventReports) -> None:
    field = field_named("properties." + ".".join(["-" * 63] * 4), "breakdown.field")
    assert reports.top_values("many_keys", SPAN, (), field, 3).values == ()
