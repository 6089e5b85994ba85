"""An instance of Marketo in memory, and the simulated one behind the real client: what contract tests do with both."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, Protocol

from touchline.adapters.marketo.opening import open_marketo
from touchline.adapters.marketo.wire import close_clients
from touchline.adapters.memory.client_secrets import MemoryClientSecrets
from touchline.adapters.memory.marketo import MemoryMarketo
from touchline.adapters.memory.marketo_quota import MemoryAccessTokens, MemoryPace, MemoryQuotaLedger
from touchline.domain.marketo.connections import Connection, Share
from touchline.domain.marketo.services import ListKind
from touchline.marketo_ports import AccessTokens, Marketo, Pace, QuotaLedger

from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

TENANT = "acme"
BULK_TAKES_SECONDS = 400
EVERYBODY = '{"filterMatchType": "all", "filters": [{"name": "Email Address", "operator": "is not empty"}]}'


class World(Protocol):
    @property
    def marketo(self) -> Marketo: ...

    def add_leads(self, *rows: Mapping[str, Any]) -> list[int]: ...

    def add_list(self, kind: ListKind, name: str, leads: Sequence[int]) -> int: ...

    def begin(self, at: int) -> None:
        """The instance: epoch ms."""

    def refuse_smart_lists(self) -> None:
        """As filters of exports."""

    def let_bulk_work(self) -> None:
        """Until the jobs that are under way are done."""


@dataclass
class MemoryWorld:
    marketo: MemoryMarketo = field(default_factory=MemoryMarketo)

    def add_leads(self, *rows: Mapping[str, Any]) -> list[int]:
        return [self.marketo.store.add(row) for row in rows]

    def add_list(self, kind: ListKind, name: str, leads: Sequence[int]) -> int:
        return self.marketo.add_list(kind, len(self.marketo.known_lists) + 1, name, leads).id

    def begin(self, at: int) -> None:
        self.marketo.began = at

    def refuse_smart_lists(self) -> None:
        self.marketo.exports_smart_lists = False

    def let_bulk_work(self) -> None:
        """It is done whenever it is asked for."""


@dataclass
class SimulatedWorld:
    """The simulator's clock is everybody's: who sleeps sets it forward."""

    simulated: SimulatedMarketo
    share: Share = field(default_factory=Share)
    secrets: MemoryClientSecrets = field(default_factory=MemoryClientSecrets)
    tokens: AccessTokens = field(default_factory=MemoryAccessTokens)
    ledger: QuotaLedger = field(default_factory=MemoryQuotaLedger)
    pace: Pace = field(default_factory=MemoryPace)
    slept: list[float] = field(default_factory=list)
    speed: int = 0  # 0: the clock stands still, but for those who sleep

    @property
    def connection(self) -> Connection:
        return Connection(
            "c1", "One", self.simulated.endpoint, self.simulated.instance.credentials[0].client_id, self.share
        )

    @property
    def marketo(self) -> Marketo:
        return self.open()

    def open(self, execution: str | None = None, **more: Any) -> Marketo:
        """As each function does it: with nothing in its memory."""
        self.secrets.put(TENANT, "c1", self.simulated.instance.credentials[0].client_secret)
        return open_marketo(
            TENANT,
            self.connection,
            execution,
            secrets=self.secrets,
            tokens=self.tokens,
            ledger=self.ledger,
            pace=self.pace,
            clock=self.now,
            sleep=self.sleep,
            **more,
        )

    def now(self) -> int:
        return self.simulated.instance.clock.now()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.speed:
            time.sleep(seconds / self.speed)
        else:
            self.simulated.advance(seconds)

    @contextmanager
    def running_clock(self, speed: int = 20) -> Iterator[None]:
        """For threads: the clock runs `speed` times as fast as the machine's, and who sleeps really sleeps."""
        ended = Event()

        def tick() -> None:
            began, at = time.monotonic(), 0.0
            while not ended.wait(0.001):
                at, before = (time.monotonic() - began) * speed, at
                self.simulated.advance(at - before)

        ticking = Thread(target=tick)
        ticking.start()
        self.speed = speed
        try:
            yield
        finally:
            self.speed = 0
            ended.set()
            ticking.join()

    def fault(self, **wanted: Any) -> None:
        self.simulated.instance.faults.add(wanted)

    def figures(self) -> dict[str, Any]:
        """Counted when an answer is sent, or could not be: a client whose line was cut may know of it sooner."""
        while (figures := self.simulated.instance.limits.figures())["in_flight"]:
            time.sleep(0.001)
        return figures

    def add_leads(self, *rows: Mapping[str, Any]) -> list[int]:
        return self.simulated.add_leads(*map(dict, rows))

    def add_list(self, kind: ListKind, name: str, leads: Sequence[int]) -> int:
        if kind == "static":
            return self.simulated.add_list(name, leads)
        return self.simulated.add_smart_list(name, EVERYBODY)

    def begin(self, at: int) -> None:
        self.simulated.add_folders(at)

    def refuse_smart_lists(self) -> None:
        self.simulated.instance.switches.smart_list_exports = False

    def let_bulk_work(self) -> None:
        self.simulated.advance(BULK_TAKES_SECONDS)


@contextmanager
def simulated_world(folder: Path) -> Iterator[SimulatedWorld]:
    with simulated_marketo(folder) as simulated:
        simulated.instance.switches.calls_in_window = 100
        simulated.instance.switches.token_seconds = 3600
        simulated.instance.tokens.end_all(simulated.instance.clock.now())
        try:
            yield SimulatedWorld(simulated)
        finally:
            close_clients()


def create_quota_table(client: Any, name: str) -> None:
    keys = ("connection", "sk")
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )
