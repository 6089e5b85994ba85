"""A tenant, and what accepting needs, in memory."""

import json
from typing import Any

from touchline.adapters.event_json import read_bulk
from touchline.adapters.memory.queue import MemoryEventQueue
from touchline.adapters.memory.rate_limits import MemoryRateLimits
from touchline.adapters.packing import ZstdPacking, read_frame
from touchline.adapters.request_body import JsonEventBodies
from touchline.domain.tenancy import Tenant
from touchline.services.accept_events import Intake, Receipts, SentRequest, accept_events
from touchline.services.limit_rate import RateLimiter

NOW = 1_795_000_000_000  # 2026-11-18T11:06:40Z
ACME = Tenant("acme", "Acme", "hash", b"k" * 32, 100_000, "UTC", "monday", 0)
EVENT: dict[str, Any] = {"id": "e1", "action": "signup", "actor": {"id": "c1"}}


class Accepting:
    def __init__(self, tenant: Tenant = ACME) -> None:
        self.tenant = tenant
        self.queue = MemoryEventQueue()
        limiter = RateLimiter(MemoryRateLimits())
        self._intake = Intake(JsonEventBodies(), ZstdPacking(), self.queue, limiter, 400)

    def send(self, body: bytes, content_type: str = "application/json", encoding: str = "") -> Receipts:
        return accept_events(SentRequest(body, content_type, encoding, NOW, 0), self.tenant, self._intake)

    def send_json(self, value: Any) -> Receipts:
        return self.send(json.dumps(value).encode())

    def documents(self) -> list[dict[str, Any]]:
        return [document for batch in self.queue.batches for _, document in read_bulk(read_frame(batch.frame))]
