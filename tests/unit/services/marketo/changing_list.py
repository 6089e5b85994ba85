"""A list whose service reads what changed, and the same list read whole by another, which writes nothing."""

from collections.abc import Mapping
from copy import deepcopy
from random import Random
from typing import Any

from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.work import Sizes

from tests.unit.services.marketo.leads import instance, lead
from tests.unit.services.marketo.test_kinds import MARKS
from tests.unit.services.marketo.world import TENANT, World

HOUR = 3_600_000
RULES: dict[str, Any] = {"survivor": {"prefer": ["most_engaged"]}, "ask_above_share": 1.0}
SMALL, IN_PARTS = Sizes(), Sizes(part=2_000, piece=500, work_at_once=1)
TABLES = ("changes", "merges", "quarantine")


class ChangingList:
    """An hour lies between two runs."""

    def __init__(self, count: int = 40, sizes: Sizes = SMALL, **rules: Any) -> None:
        self.rules = {**RULES, **rules, "scope": {"incremental": True, **rules.get("scope", {})}}
        self.world = World(instance(count), rules=self.rules, sizes=sizes)
        self.world.marketo.store.clock = self.world.clock
        for field in MARKS:
            self.world.marketo.known_fields[field.name] = field
        self.runs = 0

    @property
    def rows(self) -> dict[int, dict[str, Any]]:
        return self.world.marketo.store.rows

    @property
    def members(self) -> list[int]:
        return self.world.marketo.members["static", 7]

    @property
    def lines(self) -> list[str]:
        return [str(line["message"]) for line in self.world.log.lines[TENANT, self.world.current]]

    def begin(self, **more: Any) -> Execution:
        self.runs += 1
        self.world.clock.now += HOUR
        self.world.rules = self.rules
        return self.world.begin(f"e-{self.runs:02}", **more)

    def run(self, **more: Any) -> Mapping[str, Any]:
        """Results of an execution."""
        self.begin(**more)
        assert self.world.run() == "done"
        assert self.world.execution.problems == ()
        return self.world.execution.results

    def settle(self) -> None:
        """A full run, and another one that reads those to whom the first has written."""
        assert self.run()["incremental"] is False
        assert self.run()["incremental"] is True
        self.world.marketo.calls.clear()

    def change(self, number: int, **values: Any) -> None:
        self.world.clock.now += 1_000
        self.world.marketo.store.update({"id": number, **values})

    def put(self, number: int, **values: Any) -> None:
        self.members.append(self.world.marketo.store.add(lead(number) | values))

    def take(self, number: int) -> None:
        """From the list; the lead stays."""
        self.members.remove(number)

    def live(self, random: Random) -> None:
        """Others work with the instance: leads are changed, leave, are deleted, come, and come back."""
        pool = sorted(self.rows)
        for number in random.sample(pool, min(len(pool), random.randint(0, 4))):
            email = random.choice([None, *(f"person{n}@example.com" for n in range(8))])
            self.change(number, email=email, leadScore=random.randint(0, 9))
        for number in random.sample(self.members, min(len(self.members), random.randint(0, 2))):
            self.take(number)
        for number in random.sample(pool, min(len(pool), random.randint(0, 1))):
            del self.rows[number]
        for number in random.sample(range(1, 40), random.randint(0, 3)):
            if number not in self.rows:
                self.put(number, email=f"person{number % 8}@example.com", updatedAt="2026-04-01T00:00:00Z")
            elif number not in self.members:
                self.members.append(number)

    def tables(self) -> list[bytes]:
        return tables_of(self.world)

    def read_whole(self) -> World:
        """What a run over the whole list finds in this moment."""
        twin = World(deepcopy(self.world.marketo), rules={**self.rules, "scope": {}}, sizes=self.world.sizes)
        twin.clock.now = self.world.clock.now
        twin.begin(preview=True)
        assert twin.run() == "done"
        return twin

    def parts(self) -> list[str]:
        """Of what was downloaded, then of what was read by id."""
        files = self.world.files
        names = files.names(TENANT, self.world.current, "extract/")
        return [files.get(TENANT, self.world.current, name).decode() for name in names]

    def kept(self) -> list[str]:
        """Names of files that lie between the runs."""
        return list(self.world.files.names(TENANT, "service-s-1", ""))


def tables_of(world: World) -> list[bytes]:
    return [world.files.get(TENANT, world.current, f"{kind}/part-00000.parquet") for kind in TABLES]
