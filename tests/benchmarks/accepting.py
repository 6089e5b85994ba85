"""The ingest function's own work in this process, with a queue in memory."""

from collections.abc import Iterable
from time import time_ns

from touchline.adapters.memory.queue import MemoryEventQueue
from touchline.adapters.memory.rate_limits import MemoryRateLimits
from touchline.adapters.packing import ZstdPacking, write_message
from touchline.adapters.request_body import JsonEventBodies
from touchline.domain.tenancy import Tenant
from touchline.services.accept_events import Intake, SentRequest, accept_events
from touchline.services.limit_rate import RateLimiter

TENANT = Tenant("bench", "Bench", "hash", b"k" * 32, 10_000_000, "UTC", "monday", 0)


def memory_intake() -> Intake:
    limiter = RateLimiter(MemoryRateLimits())
    return Intake(JsonEventBodies(), ZstdPacking(), MemoryEventQueue(), limiter, max_age_days=400)


def queue_messages(bodies: Iterable[bytes]) -> list[str]:
    """What ingest puts on the queue for these requests. All their events must be good."""
    intake = memory_intake()
    for number, body in enumerate(bodies):
        request = SentRequest(body, "application/x-ndjson", "", time_ns() // 1_000_000, number * 1000 % 990_000)
        if accept_events(request, TENANT, intake).rejected:
            raise RuntimeError("an event of the benchmark was rejected")
    return [write_message(batch) for batch in intake.queue.batches]
