"""Event documents as they are indexed, of about 735 bytes each, with the repetition of real campaigns. Seeded."""

import base64
import hashlib
import random
from collections.abc import Iterator
from typing import Any

import orjson
from touchline.domain.emails import hash_email

NIGHT = 1_795_305_600_000  # 2026-11-22T00:00:00Z in epoch ms
DAY_MS = 86_400_000
CAMPAIGNS = [
    f"{season}-{kind}-2026" for season in ("spring", "summer", "autumn") for kind in ("launch", "winback", "upsell")
]
WEIGHTED_ACTIONS = (
    ["email_sent"] * 40 + ["email_opened"] * 30 + ["email_clicked"] * 15 + ["page_viewed"] * 13 + ["purchased"] * 2
)


def event_documents(
    count: int, *, people: int = 40_000, tenants: int = 4, seed: int = 7
) -> Iterator[tuple[str, dict[str, Any]]]:
    """`_id` and document, in order of acceptance over one day."""
    chance = random.Random(seed)
    for number in range(count):
        at = NIGHT + number * DAY_MS // count
        tenant = f"tenant-{chance.randrange(tenants)}"
        id = f"{chance.getrandbits(128):032x}"
        yield document_id(tenant, id), _document(chance, tenant, id, at, number, people)


def document_id(tenant: str, id: str) -> str:
    digest = hashlib.blake2b(f"{tenant}\0{id}".encode(), digest_size=16).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _document(chance: random.Random, tenant: str, id: str, at: int, number: int, people: int) -> dict[str, Any]:
    person = int(people * chance.random() ** 2)
    campaign = chance.choice(CAMPAIGNS)
    action = chance.choice(WEIGHTED_ACTIONS)
    document = {
        "@timestamp": at - chance.randrange(60_000),
        "sequence": at * 1_000_000 + number % 500,
        "tenant": tenant,
        "id": id,
        "action": action,
        "actor": {
            "id": f"contact-{person:08d}",
            "type": "contact",
            "email_hash": hash_email(f"{person}@example.org", b"key"),
        },
        "object": {"id": f"mail-{campaign}-{chance.randrange(4)}", "name": f"Your {campaign} offer"},
        "context": {
            "campaign": campaign,
            "journey": f"{campaign}-path",
            "channel": chance.choice(["email", "paid-search", "social"]),
            "message": f"{campaign}-m{chance.randrange(6)}",
            "variant": chance.choice("AB"),
        },
        "resource": {"id": f"/landing/{campaign}/{chance.randrange(20)}", "type": "page"},
        "properties": [
            f"plan={chance.choice(['free', 'pro', 'team'])}",
            f"score:={chance.randrange(1000) / 10}",
            f"country={chance.choice(['DE', 'US', 'FR', 'GB', 'NP'])}",
            f"session={chance.getrandbits(64):016x}",
            f"url=https://www.example.com/landing/{campaign}?recipient={chance.getrandbits(40):010x}",
        ],
    }
    if action == "purchased":
        document["value"] = {"amount_e4": chance.randrange(10**7), "currency": "EUR"}
    return document


def bulk_bodies(index: str, documents: list[tuple[str, dict[str, Any]]], size: int = 5_000) -> list[bytes]:
    lines = [
        b'{"create":{"_index":"%b","_id":"%b"}}\n%b\n' % (index.encode(), id.encode(), orjson.dumps(document))
        for id, document in documents
    ]
    return [b"".join(lines[start : start + size]) for start in range(0, len(lines), size)]
