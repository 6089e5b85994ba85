"""What is stored of people's conversions and memberships, as a search finds it: without touches, which are most of its
bytes, and from columns, which leave what is kept whole packed as it is (docs/decisions/computing-conversions.md)."""

from collections.abc import Iterable
from typing import Any, Final

from touchline.adapters.opensearch.people import MOMENT, from_columns
from touchline.domain.conversions import Placed, conversion_id
from touchline.domain.event_documents import DocumentIds
from touchline.domain.memberships import membership_id

type Document = dict[str, Any]

# What decides whether a document stays as it is, and what its id is made of.
FACTS: Final = [
    *("kind", "tenant", "goal", "goal_version", "event", "person", MOMENT, "sequence", "dimension", "value"),
    *("converted_at", "computed_at"),
]
FACTS_OF_SOURCE: Final[Document] = {"_source": FACTS}
FACTS_FROM_COLUMNS: Final = from_columns(FACTS)


def facts_from_columns(tenant: str, hits: Iterable[Document]) -> list[Placed]:
    ids = DocumentIds(tenant)
    found = []
    for hit in hits:
        document: Document = {name: values[0] for name, values in hit["fields"].items()}
        document[MOMENT] = int(document[MOMENT])
        found.append(Placed(hit["_index"], _id(ids, document), document))
    return found


def _id(ids: DocumentIds, document: Document) -> str:
    if "kind" in document:
        return membership_id(ids, document)
    return conversion_id(ids, document["goal"], document["goal_version"], document["event"])
