"""The simulator's page says what the simulator has."""

from dataclasses import fields

from local.marketo_simulator.admin import ACTIONS
from local.marketo_simulator.faults import EFFECTS, Fault
from local.marketo_simulator.seeds.lists import SMART_LISTS, STATIC_LISTS
from local.marketo_simulator.switches import Switches
from tests.unit.docs.pages import REFERENCE, read, table, word, words

PAGE = "marketo-simulator.md"
COUNTED_BY_THE_SIMULATOR = {"id", "seen", "used"}


def test_admin_paths_and_their_methods() -> None:
    said = {
        (method, word(row["admin path"]).removeprefix("/_simulator").strip("/"))
        for row in table(PAGE, "admin path")
        for method in row["methods"].split(", ")
    }
    assert said == set(ACTIONS)


def test_switches() -> None:
    said = [name for row in table(PAGE, "switch") for name in words(row["switch"])]
    assert sorted(said) == sorted(field.name for field in fields(Switches))


def test_members_of_a_fault_and_effects() -> None:
    rows = table(PAGE, "member")
    members = {name for row in rows for name in words(row["member"])} | {"path", "method", "skip", "times"}
    assert members == {field.name for field in fields(Fault)} - COUNTED_BY_THE_SIMULATOR
    (effects,) = [row["what happens"] for row in rows if row["member"] == "`effect`"]
    assert words(effects) == list(EFFECTS)


def test_lists_are_named() -> None:
    page = " ".join(read(REFERENCE / PAGE).split())
    named = [name for name, *_ in STATIC_LISTS] + [name for name, *_, program in SMART_LISTS if program is None]
    assert [name for name in named if f"`{name}`" not in page] == []
