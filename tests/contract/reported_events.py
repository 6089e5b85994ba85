"""Events to ask about: two tenants with the same ids, several values, absent fields, ties, a change of the clock."""

import random
from collections.abc import Iterable
from typing import Any

import orjson
import requests
from touchline.adapters.event_json import bulk_lines, encode_document
from touchline.adapters.opensearch.templates import event_template
from touchline.domain.event_documents import DocumentIds, event_index, sequence_of

type Document = dict[str, Any]

START = 1_792_800_000_000  # 2026-10-24, the day before Berlin's clocks go back
DAYS = 3
DAY = 86_400_000
TENANTS = ("acme", "other")


def make_events(number: int, seed: int = 7) -> list[Document]:
    chance = random.Random(seed)
    return [_event(tenant, n, chance) for tenant in TENANTS for n in range(number)]


def _event(tenant: str, n: int, chance: random.Random) -> Document:
    at = START + chance.randrange(DAYS * DAY)
    # Two of a hundred share their moment with others.
    at -= at % DAY if chance.random() < 0.02 else 0
    document: Document = {
        "@timestamp": at,
        "sequence": sequence_of(at + chance.randrange(60_000), n),
        "tenant": tenant,
        "id": f"e{n}",
        "action": chance.choice(["email_sent", "email_sent", "email_opened", "payment"]),
        "actor": {"id": f"p{chance.randrange(40)}"},
        "context": {"channel": chance.choice(["email", "Email", "ads", "social"])},
        "properties": [f"plan={chance.choice(['pro', 'free'])}"],
    }
    if chance.random() < 0.8:
        document["context"]["campaign"] = f"c{min(int(chance.expovariate(0.3)), 12)}"
    if document["action"] == "payment":
        document["value"] = {"amount_e4": chance.randrange(-5_000, 900_000), "currency": chance.choice(["EUR", "JPY"])}
    document["properties"] += [f"score:={chance.choice([-2, 0, 1.5, 7, 12])}"] if chance.random() < 0.6 else []
    document["properties"] += chance.sample(["tag=a", "tag=b", "tag=c*?"], chance.randrange(3))
    document["properties"] += [f"vip:={chance.choice(['true', 'false'])}"] if chance.random() < 0.3 else []
    return document


def index_events(url: str, documents: Iterable[Document]) -> None:
    put = requests.put(f"{url}/_index_template/events", json=event_template(1, 0), timeout=30)
    put.raise_for_status()
    lines = [
        bulk_lines(
            event_index(document["@timestamp"]),
            DocumentIds(document["tenant"]).of(document["id"].encode()),
            encode_document(document),
        )
        for document in documents
    ]
    headers = {"Content-Type": "application/x-ndjson"}
    for start in range(0, len(lines), 5_000):
        body = b"".join(lines[start : start + 5_000])
        answer = requests.post(f"{url}/_bulk?refresh=true", data=body, headers=headers, timeout=60)
        assert not orjson.loads(answer.content)["errors"], answer.text[:1_000]


def remove_events(url: str) -> None:
    requests.delete(f"{url}/events-*", timeout=30).raise_for_status()
