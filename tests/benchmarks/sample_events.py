"""Events as clients send them, of about 735 bytes each: the size that published figures are given for."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson

ACTIONS = ("email_sent", "email_delivered", "email_opened", "link_clicked", "page_viewed", "order_completed")
WEIGHTS = (50, 25, 15, 6, 3, 1)
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0",
    "GmailImageProxy/1.0 (via ggpht.com)",
)


def api_events(number: int, *, until: datetime, days: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """`number` events in order of time, spread evenly over the `days` before `until`; about five an actor."""
    chance = Random(seed)
    actors = number // 5
    begin = until - timedelta(days=days)
    step = timedelta(days=days) / number
    for position in range(number):
        at = (begin + position * step).astimezone(UTC)
        person = int(actors * chance.random() ** 1.5)
        campaign = int(200 * chance.random() ** 2)
        action = chance.choices(ACTIONS, WEIGHTS)[0]
        event: dict[str, Any] = {
            "id": f"{chance.getrandbits(128):032x}",
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "actor": {"id": f"contact-{person:07d}", "type": "contact", "email": f"person{person}@example.org"},
            "action": action,
            "object": {
                "type": "email",
                "id": f"msg-{campaign * 7 % 997:05d}",
                "name": f"Spring newsletter number {campaign * 7 % 997}",
            },
            "context": {
                "campaign": f"campaign-{campaign:04d}",
                "journey": f"journey-{campaign % 40:03d}",
                "channel": "email" if campaign % 3 else "sms",
                "message": f"message-{campaign:04d}-{person % 2}",
                "variant": "AB"[person % 2],
                "segment": f"segment-{person % 60}",
            },
            "resource": {"type": "link", "id": f"/products/{chance.randrange(5000)}?utm_campaign={campaign}"},
            "properties": {
                "user_agent": AGENTS[chance.randrange(3)],
                "country": ("DE", "FR", "GB", "US")[chance.randrange(4)],
                "device": ("mobile", "desktop")[chance.randrange(2)],
                "ip_prefix": f"10.{chance.randrange(256)}.{chance.randrange(256)}.0",
                "provider_message_id": hashlib.blake2b(b"%d" % position, digest_size=12).hexdigest(),
                "score": chance.randrange(1000) / 10,
            },
        }
        if action == "order_completed":
            event["value"] = {"amount": f"{chance.randrange(1900, 99000) / 100:.2f}", "currency": "EUR"}
        yield event


def requests_of(events: Iterator[dict[str, Any]], size: int) -> Iterator[bytes]:
    """NDJSON bodies of `size` events each."""
    lines: list[bytes] = []
    for event in events:
        lines.append(orjson.dumps(event))
        if len(lines) == size:
            yield b"\n".join(lines)
            lines = []
    if lines:
        yield b"\n".join(lines)
