"""Something is killed in the middle of a load, and the books balance: all that was accepted is there, once.

The sender behaves as a customer should: it sends a request again until it has an answer, and writes down what it sent
and what it was told.
"""

import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from touchline.domain.event_documents import DocumentIds

from local.errors import LocalError
from local.under_test import SystemUnderTest
from tests.books import archived_ids, dead_letters, indexed_ids, wait_until_drained

pytestmark = pytest.mark.system

LOAD_SECONDS = 12
FAULT_AFTER_SECONDS = 4
EVENTS_A_REQUEST = 100
PAUSE_SECONDS = 0.05


@dataclass
class Ledger:
    """Every attempt and every answer."""

    sent: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    unanswered: int = 0


@pytest.fixture
def tenant(system: SystemUnderTest) -> tuple[str, str]:
    name = f"t-{secrets.token_hex(6)}"
    return name, system.create_tenant(name)["ingest"]


def kill_search(system: SystemUnderTest) -> None:
    system.kill("search")
    time.sleep(1)
    system.mend()


def kill_emulator(system: SystemUnderTest) -> None:
    system.kill("emulator")
    time.sleep(1)
    system.mend()


def kill_workers(system: SystemUnderTest) -> None:
    """Every process that runs a function, some in the middle of their work."""
    emulator = system.process("emulator").pid
    workers = [int(found.name) for found in Path("/proc").glob("[0-9]*") if _parent(found) == emulator]
    assert workers, "no function was running"
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("fault", [kill_search, kill_emulator, kill_workers], ids=lambda fault: fault.__name__)
def test_a_kill_in_the_middle_of_a_load_loses_and_doubles_nothing(
    system: SystemUnderTest, tenant: tuple[str, str], fault: Callable[[SystemUnderTest], None]
) -> None:
    name, key = tenant
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    ledger = Ledger()
    stop = threading.Event()
    sender = threading.Thread(target=_send, args=(system, key, Random(seed), ledger, stop))
    sender.start()
    time.sleep(FAULT_AFTER_SECONDS)
    fault(system)
    time.sleep(max(0, LOAD_SECONDS - FAULT_AFTER_SECONDS))
    stop.set()
    sender.join()
    wait_until_drained(system.running, seconds=300)

    ids = DocumentIds(name)
    accepted = {ids.of(event_id.encode()) for event_id in ledger.accepted}
    sent = {ids.of(event_id.encode()) for event_id in ledger.sent}
    indexed, archived = indexed_ids(system.running, name), archived_ids(system.running, name)
    assert len(accepted) > 500, "the load was too small to show anything"
    verdict = {
        "lost from the index": len(accepted - indexed.ids),
        "lost from the archive": len(accepted - archived),
        "doubled": indexed.duplicated,
        "phantom": len(indexed.ids - sent),
        "indexed but not archived": len(indexed.ids - archived),
        "dead letters": dead_letters(system.running),
    }
    assert not any(verdict.values()), (verdict, f"seed {seed}")


def _send(system: SystemUnderTest, key: str, chance: Random, ledger: Ledger, stop: threading.Event) -> None:
    while not stop.is_set():
        events = [_event(chance) for _ in range(EVENTS_A_REQUEST)]
        ids = [event["id"] for event in events]
        ledger.sent.update(ids)
        body = [orjson.dumps(event) for event in events]
        while True:
            try:
                receipts = system.api(key).send_events(body)["receipts"]
                break
            except LocalError:
                ledger.unanswered += 1
                if stop.is_set():
                    return  # never answered: such events may be there or not
        ledger.accepted.update(one["id"] for one in receipts if one["status"] in ("accepted", "duplicate"))
        time.sleep(PAUSE_SECONDS)


def _event(chance: Random) -> dict[str, Any]:
    return {
        "id": f"{chance.getrandbits(96):024x}",
        "timestamp": datetime.now(UTC).isoformat(),
        "action": chance.choice(("email_sent", "email_opened", "order_completed")),
        "actor": {"id": f"c-{chance.randrange(1000)}"},
        "context": {"campaign": f"campaign-{chance.randrange(5)}"},
    }


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
