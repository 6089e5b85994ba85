"""Whole executions over HTTP, before the simulated instance, where it exports no smart lists."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.services import Kind, ListReference
from touchline.services.marketo.work import Sizes

from local.marketo_simulator.clock import timestamp
from tests.contract.marketo_worlds import SimulatedWorld, simulated_world
from tests.unit.services.accepting import ACME
from tests.unit.services.marketo.test_kinds import DOMAINS, HASHES, MARKS, tables
from tests.unit.services.marketo.world import World

DAY_MS = 86_400_000
RULES = {
    "filterMatchType": "custom",
    "filterCustomRuleLogic": "1 and (2 or 3)",
    "triggers": [],
    "filters": [
        {"name": "Country", "conditions": [{"operator": "is", "values": ["germany", "Austria"]}]},
        {"name": "Member of List", "conditions": [{"operator": "in", "values": ["Halves"]}]},
        {"name": "Duplicate Fields", "conditions": [{"operator": "is", "values": ["Email Address"]}]},
    ],
}
COUNTRIES = ("Germany", "AUSTRIA", "France", None)
LEADS = 120
SIZES = Sizes(part=3_000, piece=1_000)


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[SimulatedWorld]:
    with simulated_world(tmp_path) as made:
        made.begin(made.now() - 400 * DAY_MS)
        rows = [
            {
                "email": f"Person{number // 3}@example.com" if number % 3 else f"person{number // 3}@EXAMPLE.com",
                "firstName": "null" if number % 5 == 0 else f"A\n{number}",
                "country": COUNTRIES[number % 4],
            }
            for number in range(LEADS)
        ]
        leads = made.add_leads(*rows)
        with made.simulated.instance.store.writing() as cursor:
            for number, lead in enumerate(leads):
                at = timestamp(made.now() - number * 3 * DAY_MS)
                cursor.execute('update leads set "createdAt" = ? where id = ?', [at, lead])
        made.add_list("static", "Halves", leads[::2])
        made.simulated.add_smart_list("Chosen", json.dumps(RULES))
        made.marketo.create_fields([*MARKS, *HASHES, *DOMAINS])
        yield made


def world(simulated: SimulatedWorld, kind: Kind, *, sizes: Sizes = SIZES, **rules: Any) -> World:
    store = simulated.simulated.instance.store
    chosen = ListReference("smart", store.value("select id from smart_lists where name = 'Chosen'"), "Chosen")
    connection = Connection("c-1", "One", simulated.simulated.endpoint, "id")
    made = World(None, kind=kind, rules=rules, sizes=sizes, connection=connection, list=chosen)  # type: ignore[arg-type]
    made.clock.now = simulated.now()
    made.work = replace(
        made.work, open_marketo=lambda tenant, connection, execution: simulated.open(execution), clock=simulated.now
    )
    return made


def run(made: World, simulated: SimulatedWorld, **more: Any) -> World:
    """Whoever waits sets the clock of the instance forward."""
    wait = simulated.simulated.advance
    made.wait = lambda seconds: wait(seconds) if seconds else None  # type: ignore[method-assign]
    made.begin(**more)
    assert made.run() == "done", made.execution.problems
    return made


def on_the_list(simulated: SimulatedWorld) -> list[int]:
    rows = simulated.simulated.instance.store.rows(
        """select id from leads where lower(country) in ('germany', 'austria') and (
             id in (select lead from static_list_members)
             or lower(email) in (select lower(email) from leads group by all having count(*) > 1)) order by id"""
    )
    return [row["id"] for row in rows]


KINDS: tuple[tuple[Kind, dict[str, Any]], ...] = (
    ("dedupe", {"ask_above_share": 1.0, "survivor": {"prefer": []}}),
    ("email_hash", {}),
    ("email_domain", {}),
)


@pytest.mark.parametrize(("kind", "rules"), KINDS)
def test_an_execution_comes_to_the_same_with_and_without_exports_of_smart_lists(
    simulated: SimulatedWorld, kind: Kind, rules: dict[str, Any]
) -> None:
    exported = run(world(simulated, kind, **rules), simulated, preview=True)
    simulated.refuse_smart_lists()
    sifted = run(world(simulated, kind, **rules), simulated, preview=True)
    one, other = (tables(made, "changes/").sort("id", "field") for made in (exported, sifted))
    assert one.equals(other)
    assert one.height > 10
    members = on_the_list(simulated)
    assert sifted.execution.progress.leads == exported.execution.progress.leads == len(members) > 20
    assert sifted.execution.results["leads_read"] == LEADS


def test_what_is_found_is_written_to_its_members_alone_and_every_call_and_byte_is_counted(
    simulated: SimulatedWorld,
) -> None:
    simulated.refuse_smart_lists()
    members = on_the_list(simulated)
    made = run(world(simulated, "email_hash"), simulated)
    assert made.execution.results["written"] == len(members)
    rows = simulated.simulated.instance.store.rows('select id from leads where "emailSha256" is not null order by id')
    assert [row["id"] for row in rows] == members
    lines = [f"{line['message']} {line['facts']}" for line in made.log.lines[ACME.id, "e-1"]]
    assert any("exports no smart lists" in line and "'windows': 13" in line for line in lines)
    day = simulated.ledger.day(ACME.id, simulated.connection, simulated.now())
    sizes = [job["size"] for job in made.execution.checkpoints["poll"]["jobs"] if job["records"]]
    assert day.bytes_used == sum(sizes) > 3_000
    assert day.calls_used == simulated.figures()["calls"]


def test_more_windows_than_the_queue_has_places_are_waited_for(simulated: SimulatedWorld) -> None:
    simulated.refuse_smart_lists()
    made = run(world(simulated, "email_domain"), simulated, preview=True)
    waits = [line["facts"]["code"] for line in made.log.lines[ACME.id, "e-1"] if line["message"] == "waits"]
    assert "export_queue" in waits


def test_a_list_that_fields_cannot_answer_is_refused_with_its_filter(simulated: SimulatedWorld) -> None:
    simulated.refuse_smart_lists()
    visited = {"name": "Visited Web Page", "ruleType": "Activity", "operator": "occurs", "conditions": []}
    rules = json.dumps({"filterMatchType": "all", "triggers": [], "filters": [visited]})
    with simulated.simulated.instance.store.writing() as cursor:
        cursor.execute("update smart_lists set rules = ?", [rules])
    made = world(simulated, "email_hash")
    made.begin()
    assert made.run() == "failed"
    (problem,) = made.execution.problems
    assert "'Visited Web Page'" in problem.message
    assert "it asks what somebody did" in problem.message
