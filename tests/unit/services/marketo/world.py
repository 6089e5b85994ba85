"""One connection, one service on one list, and everything in memory: executions driven as the state machine does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from touchline.adapters.memory.execution_files import MemoryExecutionFiles
from touchline.adapters.memory.marketo import MemoryMarketo
from touchline.adapters.memory.marketo_quota import MemoryQuotaLedger
from touchline.adapters.memory.marketo_stores import MemoryConnections, MemoryExecutionLog, MemoryExecutions
from touchline.adapters.memory.notices import MemoryNotices
from touchline.adapters.memory.tenants import MemoryTenants
from touchline.adapters.memory.workflows import MemoryWorkflows
from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.executions import STAGES, Execution, Stage
from touchline.domain.marketo.services import Kind, ListReference, Service
from touchline.services.marketo.close_execution import close_execution
from touchline.services.marketo.control_execution import run_facts, start_execution
from touchline.services.marketo.run_stage import Answer, Perform, Run, Time, run_stage
from touchline.services.marketo.stages import PERFORM
from touchline.services.marketo.work import Sizes, Waits, Work
from touchline.services.marketo.work_items import work_on_item

from tests.unit.services.accepting import ACME

TENANT = ACME.id
NOON = 1_780_315_200_000  # 2026-06-01 12:00 UTC


class Killed(BaseException):
    """A process that ends without a chance to do anything more."""


@dataclass
class Clock:
    now: int = NOON

    def __call__(self) -> int:
        return self.now


@dataclass
class World:
    marketo: MemoryMarketo
    kind: Kind = "dedupe"
    rules: Mapping[str, Any] = field(default_factory=dict)
    sizes: Sizes = field(default_factory=Sizes)
    connection: Connection = field(
        default_factory=lambda: Connection("c-1", "Acme", "https://123-abc-456.mktorest.com", "id")
    )
    list: ListReference = field(default_factory=lambda: ListReference("static", 7, "Everybody"))

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.tenants = MemoryTenants()
        self.tenants.add(ACME)
        self.connections = MemoryConnections()
        self.connections.add(TENANT, self.connection)
        self.executions = MemoryExecutions()
        self.files = MemoryExecutionFiles()
        self.ledger = MemoryQuotaLedger()
        self.log = MemoryExecutionLog()
        self.notices = MemoryNotices()
        self.workflows = MemoryWorkflows()
        self.current = "e-1"
        self.waited: list[int] = []
        self.statuses: list[tuple[str, str]] = []
        self.perform: dict[Stage, Perform] = dict(PERFORM)
        self.work = Work(
            open_marketo=lambda tenant, connection, execution: self.marketo,
            tenants=self.tenants,
            connections=self.connections,
            ledger=self.ledger,
            executions=self.executions,
            files=self.files,
            log=self.log,
            notices=self.notices,
            clock=self.clock,
            waits=Waits(),
            sizes=self.sizes,
        )

    def begin(self, execution: str = "e-1", service_id: str = "s-1", **more: Any) -> Execution:
        service = Service(service_id, "g-1", "c-1", self.kind, "Clean", self.list, self.rules)
        begun = Execution(execution, TENANT, service, created_at=self.clock(), **more)
        start_execution(self.executions, self.workflows, begun)
        self.current = execution
        return begun

    @property
    def execution(self) -> Execution:
        return self.get(self.current)

    def get(self, execution: str) -> Execution:
        found = self.executions.get(TENANT, execution)
        assert found is not None
        return found

    def change(self, **changes: Any) -> None:
        now = self.execution
        self.executions.replace(replace(now, **changes, revision=now.revision + 1))

    def stage(self, stage: Stage, perform: Perform | None = None, seconds: float = 900) -> Answer:
        """One invocation of a stage's function."""
        left = iter([seconds] * 100_000)
        run = Run.told(run_facts(self.execution))
        return run_stage(self.work, run, stage, perform or self.perform[stage], Time(lambda: next(left)))

    def run(self, until: Callable[[Stage], bool] = lambda stage: False, most: int = 1_000) -> str:
        """As the state machine: stage after stage, waiting as told, to the end; how it ended."""
        place = 0
        for _ in range(most):
            if place == len(STAGES):
                return self.close("completed").status
            stage = STAGES[place]
            if until(stage):
                return "reached"
            answer = self.stage(stage)
            self.statuses.append((stage, answer.status))
            if answer.status == "failed":
                return self.close("failed").status
            if answer.status in {"asked", "ended"}:
                return answer.status
            for item in answer.items:  # as the machine's map does
                work_on_item(self.work, Run.told(run_facts(self.execution)), item["item"])
            self.wait(answer.seconds if answer.status == "wait" else 0)
            place = {"done": place + 1, "back": STAGES.index("export")}.get(answer.status, place)
        raise AssertionError(f"no end after {most} rounds: {self.statuses[-10:]}")

    def wait(self, seconds: int) -> None:
        if seconds:
            self.waited.append(seconds)
            self.clock.now += seconds * 1000

    def close(self, end: Any, cause: str | None = None) -> Answer:
        facts = run_facts(self.execution, close=end if end == "stopped" else None)
        while True:
            answer = close_execution(self.work, Run.told(facts), end, cause)
            if answer.status != "wait":
                return answer
            self.clock.now += answer.seconds * 1000

    def lines(self) -> Sequence[str]:
        return [f"{line['stage']} {line['message']}" for line in self.log.lines.get((TENANT, "e-1"), [])]
