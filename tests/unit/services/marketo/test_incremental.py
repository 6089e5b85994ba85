"""Runs that read only what changed, beside full runs over the same list."""

from collections.abc import Mapping
from typing import Any

import pytest
from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.work import Sizes

from tests.unit.services.marketo.leads import instance, lead
from tests.unit.services.marketo.test_kinds import MARKS
from tests.unit.services.marketo.world import TENANT, World

DAY = 86_400_000
RULES: dict[str, Any] = {"survivor": {"prefer": ["most_engaged"]}, "ask_above_share": 1.0}
SMALL, IN_PARTS = Sizes(), Sizes(part=2_000, piece=500, work_at_once=1)
TABLES = ("changes", "merges", "quarantine")


class List:
    """A list of a service, by its runs: each hour of the clock another."""

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

    def begin(self, **more: Any) -> Execution:
        self.runs += 1
        self.world.clock.now += 3_600_000
        self.world.rules = self.rules
        return self.world.begin(f"e-{self.runs}", **more)

    def run(self, **more: Any) -> Mapping[str, Any]:
        """Results of an execution."""
        self.begin(**more)
        assert self.world.run() == "done"
        return self.world.execution.results

    def settle(self) -> None:
        """A full run, and another that reads who was written to."""
        assert self.run()["incremental"] is False
        assert self.run()["incremental"] is True
        self.world.marketo.calls.clear()

    def change(self, number: int, **values: Any) -> None:
        self.world.clock.now += 1_000
        self.world.marketo.store.update({"id": number, **values})

    def put(self, number: int, **values: Any) -> None:
        self.world.marketo.members["static", 7].append(self.world.marketo.store.add(lead(number) | values))

    def tables(self) -> list[bytes]:
        files = self.world.files
        return [files.get(TENANT, self.world.current, f"{kind}/part-00000.parquet") for kind in TABLES]

    def extract(self) -> list[str]:
        files = self.world.files
        names = files.names(TENANT, self.world.current, "extract/")
        return [files.get(TENANT, self.world.current, name).decode() for name in names]


@pytest.mark.parametrize("sizes", [SMALL, IN_PARTS], ids=["as one", "in parts"])
def test_a_second_run_reads_ids_and_times_and_who_changed(sizes: Sizes) -> None:
    made = List(200, sizes)
    made.settle()
    made.change(7, email="person10@example.com")
    results = made.run()
    assert (results["incremental"], results["full_because"]) == (True, None)
    assert results["leads_read_by_id"] == 4  # it left lead 6, and joined 20 and 21
    assert results["groups"] == 98
    assert made.world.execution.progress.leads == 200
    own = made.world.execution.checkpoints["download"]["parts"]
    assert {part.partition("\n")[0] for part in made.extract()[:own]} == {"id,updatedAt"}
    assert made.world.marketo.calls["leads"] == 3  # who changed, who is touched, and those that were written to
    assert made.rows[6]["tlIsDuplicate"] is False
    assert made.rows[7]["tlSurvivor"] == made.rows[20]["tlSurvivor"] == "21"
    assert made.rows[6]["tlSurvivor"] is None
