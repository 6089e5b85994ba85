"""Runs over HTTP that read what changed, before the simulated instance: what they decide, and what they cost.

A lead that is read by id has the same text in every column as in an extract, or full and incremental runs would differ.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.services import ListKind, ListReference
from touchline.services.marketo.work import Sizes

from local.marketo_simulator.lead_changes import change_leads
from tests.contract.marketo_worlds import TENANT, SimulatedWorld, simulated_world
from tests.unit.services.marketo.changing_list import tables_of
from tests.unit.services.marketo.test_kinds import MARKS
from tests.unit.services.marketo.world import World

HOUR = 3_600
LEADS = 900
SIZES = Sizes(part=20_000, piece=8_000)
RULES: dict[str, Any] = {
    "match": [
        {"name": "address", "fields": ["email"]},
        {
            "name": "person",
            "fields": [
                {"field": "firstName", "normaliser": "given_name"},
                {"field": "lastName", "normaliser": "name"},
                {"field": "phone", "country_field": "country"},
            ],
        },
    ],
    "survivor": {"prefer": ["most_engaged", "oldest"]},
    "values": {
        "fields": {
            "annualRevenue": "max",
            "urgency": "min",
            "numberOfEmployees": "max",
            "dateOfBirth": "min",
            "title": "first_non_empty",
            "unsubscribed": "any_true",
        }
    },
    "ask_above_share": 1.0,
}
SAID = (None, "null", "", ' "quoted", and\nbroken ', "Zoë", "=1+1", "0", "false")


def row(number: int) -> dict[str, Any]:
    return {
        "email": f"Person{number // 2}@example.com" if number % 4 else f"person{number // 2}@EXAMPLE.com",
        "firstName": SAID[number // 2 % 8],
        "lastName": f"Lee{number // 6}",
        "phone": f"(212) 555-{number // 2:04}" if number % 3 else None,
        "country": "US",
        "title": SAID[number % 8],
        "leadScore": number % 7 - 2,
        "annualRevenue": (None, 0.1, 5.0, 1e6, 12345678.25, 1e21, 1e-7)[number % 7],
        "urgency": (None, 0.5, 3.0)[number % 3],
        "numberOfEmployees": (None, 0, 10**9)[number % 3],
        "dateOfBirth": (None, "1970-01-01", "1999-12-31")[number % 3],
        "unsubscribed": number % 11 == 0,
    }


CONDITION = '{"operator": "is not", "values": ["Lee7"]}'
RULE_OF_LIST = f'{{"filterMatchType": "all", "filters": [{{"name": "Last Name", "conditions": [{CONDITION}]}}]}}'


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[SimulatedWorld]:
    with simulated_world(tmp_path) as made:
        made.add_list("static", "Everybody", made.add_leads(*map(row, range(LEADS))))
        made.simulated.add_smart_list("Nearly everybody", RULE_OF_LIST)
        made.begin(made.now() - 40 * 24 * HOUR * 1000)
        made.marketo.create_fields(MARKS)
        made.simulated.advance(HOUR)
        yield made


def world(simulated: SimulatedWorld, rules: Mapping[str, Any], kind: ListKind = "static") -> World:
    number = simulated.simulated.instance.store.value(f"select id from {kind}_lists")
    connection = Connection("c-1", "One", simulated.simulated.endpoint, "id")
    chosen = ListReference(kind, number, "Everybody")
    made = World(None, rules=rules, sizes=SIZES, connection=connection, list=chosen)  # type: ignore[arg-type]
    made.work = replace(
        made.work, open_marketo=lambda tenant, connection, execution: simulated.open(execution), clock=simulated.now
    )
    wait = simulated.simulated.advance
    made.wait = lambda seconds: wait(seconds) if seconds else None  # type: ignore[method-assign]
    return made


def run(made: World, simulated: SimulatedWorld, execution: str, **more: Any) -> tuple[int, int]:
    """Calls and bytes that it took."""
    before = simulated.ledger.day(TENANT, simulated.connection, simulated.now())
    made.begin(execution, **more)
    assert made.run() == "done", made.execution.problems
    after = simulated.ledger.day(TENANT, simulated.connection, simulated.now())
    return after.calls_used - before.calls_used, after.bytes_used - before.bytes_used


OUTCOMES = [{"kind": "mark", "survivor_values": True}, {"kind": "merge"}]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=["mark", "merge"])
def test_it_decides_what_a_full_run_decides_with_few_bytes(simulated: SimulatedWorld, outcome: dict[str, Any]) -> None:
    rules = {**RULES, "outcome": outcome, "guards": {"key_cap": 4}}
    made = world(simulated, {**rules, "scope": {"incremental": True}})
    calls, size = run(made, simulated, "e-1")
    assert made.execution.results["full_because"] == "no_earlier_run"
    for number in range(2, 5):
        simulated.simulated.advance(HOUR)
        change(simulated, number)
        twin = world(simulated, rules)
        run(twin, simulated, f"f-{number}", preview=True)
        few_calls, few_bytes = run(made, simulated, f"e-{number}")
        assert made.execution.results["incremental"] is True
        assert tables_of(made) == tables_of(twin)
        assert made.execution.results["groups"] == twin.execution.results["groups"]
    assert (few_bytes, few_calls) < (size / 3, calls)


def test_a_smart_list_that_is_not_exported_is_sifted_and_compared(simulated: SimulatedWorld) -> None:
    simulated.refuse_smart_lists()
    made = world(simulated, {**RULES, "scope": {"incremental": True}}, "smart")
    run(made, simulated, "e-1")
    for number in range(2, 4):
        simulated.simulated.advance(HOUR)
        change(simulated, number)
        twin = world(simulated, RULES, "smart")
        run(twin, simulated, f"f-{number}", preview=True)
        run(made, simulated, f"e-{number}")
        assert made.execution.results["incremental"] is True
        assert made.execution.progress.leads == twin.execution.progress.leads < made.execution.results["leads_read"]
        assert tables_of(made) == tables_of(twin)


def change(simulated: SimulatedWorld, turn: int) -> None:
    """Some leads take others' values, some go, some come."""
    store = simulated.simulated.instance.store
    there = [one["id"] for one in store.rows("select id from leads order by id")]
    changes = {lead: row(lead * turn % 40) for lead in there[turn::97]}
    change_leads(store, changes, simulated.now(), source="test")
    new = simulated.add_leads(*(row(turn * 31 + number) for number in range(3)))
    with store.writing() as cursor:
        number = store.value("select id from static_lists where name = 'Everybody'")
        for lead in new:
            cursor.execute("insert into static_list_members select ?, ?, created_at from static_lists", [number, lead])
        for lead in there[turn::211]:
            cursor.execute("delete from static_list_members where lead = ?", [lead])
