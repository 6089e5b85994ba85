"""Runs that read only what changed decide what full runs decide, and read little."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.marketo import incremental_runs
from touchline.domain.marketo.api import RecordResult
from touchline.domain.marketo.services import ListReference
from touchline.errors import MarketoRefused
from touchline.services.marketo import incremental
from touchline.services.marketo.control_execution import resume_execution
from touchline.services.marketo.work import Sizes

from tests.unit.services.marketo.changing_list import HOUR, IN_PARTS, SMALL, ChangingList, tables_of
from tests.unit.services.marketo.leads import lead
from tests.unit.services.marketo.test_crashes import Deaths, survive
from tests.unit.services.marketo.world import TENANT

DAY = 24 * HOUR
MERGING: dict[str, Any] = {"outcome": {"kind": "merge"}}
GUARDS = {"key_cap": 5, "cluster_cap": 4}


@pytest.mark.parametrize("sizes", [SMALL, IN_PARTS], ids=["as one", "in parts"])
def test_a_second_run_reads_ids_and_times_and_who_changed(sizes: Sizes) -> None:
    made = ChangingList(200, sizes)
    made.settle()
    made.change(7, email="person10@example.com")
    results = made.run()
    assert (results["incremental"], results["full_because"]) == (True, None)
    assert results["leads_read_by_id"] == 4  # it left lead 6, and joined 20 and 21
    assert results["groups"] == 98
    assert made.world.execution.progress.leads == 200
    own = made.world.execution.checkpoints["download"]["parts"]
    assert {part.partition("\n")[0] for part in made.parts()[:own]} == {"id,updatedAt"}
    assert made.world.marketo.calls["leads"] == 3  # who changed, who is touched, and those that were written to
    assert made.rows[6]["tlIsDuplicate"] is False
    assert made.rows[7]["tlSurvivor"] == made.rows[20]["tlSurvivor"] == "21"
    assert made.rows[6]["tlSurvivor"] is None


@settings(max_examples=25, deadline=None)
@given(
    st.randoms(use_true_random=False),
    st.sampled_from([SMALL, IN_PARTS]),
    st.sampled_from([{}, MERGING, {"outcome": {"kind": "mark", "survivor_values": True}}]),
    st.sampled_from([True, False]),
)
def test_it_decides_what_a_full_run_decides(
    random: Random,
    sizes: Sizes,
    rules: dict[str, Any],
    skip_ties: bool,  # noqa: FBT001 - drawn
) -> None:
    survivor = {"prefer": ["most_engaged"], "skip_ties": skip_ties}
    made = ChangingList(30, sizes, guards=GUARDS, survivor=survivor, **rules)
    for row in made.rows.values():
        row["email"] = f"person{random.randrange(9)}@example.com"
    for _ in range(4):
        made.live(random)
        twin = made.read_whole()
        made.begin()
        made.world.run(until=lambda stage: stage == "approve")
        assert made.tables() == tables_of(twin)
        for result in ("groups", "duplicates", "quarantined"):
            assert made.world.execution.results[result] == twin.execution.results[result]
        if len(set(made.members)) == len(made.members):
            assert made.world.execution.progress.leads == twin.execution.progress.leads
        if random.random() < 0.3:  # nothing, or only some of it, is written
            made.world.close(random.choice(["failed", "stopped"]))
            continue
        if random.random() < 0.3 and made.members:
            made.rows.pop(random.choice(made.members), None)
        made.world.run()
    assert made.world.marketo.calls["create_export"] == made.runs


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.integers(1, 120), st.booleans(), max_size=6))
def test_wherever_it_is_killed_it_ends_the_same(deaths: dict[int, bool]) -> None:
    calm, shaken = ChangingList(60), ChangingList(60)
    for made in (calm, shaken):
        made.settle()
        made.change(7, email="person10@example.com")
        made.change(30, email="person2@example.com")
        made.take(41)
        made.put(70, email="person12@example.com")
        made.begin()
    Deaths(shaken.world, deaths)
    survive(shaken.world)
    assert calm.world.run() == "done"
    assert shaken.tables() == calm.tables()
    assert shaken.world.execution.results["leads_read_by_id"] == calm.world.execution.results["leads_read_by_id"]
    assert shaken.kept() == calm.kept()
    assert {number: row["tlSurvivor"] for number, row in shaken.rows.items() if "tlSurvivor" in row} == {
        number: row["tlSurvivor"] for number, row in calm.rows.items() if "tlSurvivor" in row
    }


def because(made: ChangingList, **more: Any) -> str | None:
    results = made.run(**more)
    assert results["incremental"] is (results["full_because"] is None)
    return results["full_because"]


def test_the_first_run_reads_the_whole_list() -> None:
    made = ChangingList()
    assert because(made) == "no_earlier_run"
    assert "reads the whole list" in made.lines


def test_a_full_run_can_be_asked_for() -> None:
    made = ChangingList()
    made.settle()
    assert because(made, full=True) == "asked_for"
    assert because(made) is None


def test_a_preview_is_of_the_whole_list_and_leaves_nothing_behind() -> None:
    made = ChangingList()
    made.settle()
    kept = made.kept()
    assert because(made, preview=True) == "preview"
    assert made.kept() == kept
    assert because(made) is None


@pytest.mark.parametrize(
    "change",
    [
        {"rules": {"match": [{"name": "another", "fields": ["email"]}]}},
        {"rules": {"guards": {"key_cap": 7}}},
        {"list": ListReference("static", 8, "Others")},
    ],
    ids=["match", "guards", "list"],
)
def test_other_rules_and_another_list_begin_with_a_full_run(change: dict[str, Any]) -> None:
    made = ChangingList()
    made.settle()
    made.world.marketo.add_list("static", 8, "Others", made.members[:10])
    made.rules = {**made.rules, **change.get("rules", {})}
    made.world.list = change.get("list", made.world.list)
    assert because(made) == "rules_changed"
    assert because(made) is None


def test_a_field_of_another_type_begins_with_a_full_run() -> None:
    made = ChangingList()
    made.settle()
    field = made.world.marketo.known_fields["leadScore"]
    made.world.marketo.known_fields["leadScore"] = type(field)("leadScore", "Lead Score", "score")
    assert because(made) == "rules_changed"


def test_how_often_the_whole_list_is_read_may_change_without_reading_it() -> None:
    made = ChangingList()
    made.settle()
    made.rules = {**made.rules, "ask_above_share": 0.5, "scope": {"incremental": True, "full_every_days": 3}}
    assert because(made) is None


def test_the_whole_list_is_read_every_so_many_days() -> None:
    made = ChangingList(scope={"full_every_days": 2})
    made.settle()
    made.world.clock.now += DAY - 3 * HOUR
    assert because(made) is None
    made.world.clock.now += DAY
    assert because(made) == "full_is_due"
    made.world.clock.now += DAY
    assert because(made) is None


def test_where_much_has_changed_the_whole_list_is_read_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ChangingList()
    made.settle()
    monkeypatch.setattr(incremental, "MOST_READ_BY_ID", 5)
    for number in range(1, 7):
        made.change(number, leadScore=50)
    assert because(made) == "much_has_changed"  # and nobody is told of a problem
    assert made.world.marketo.calls["create_export"] == 2
    assert made.parts()[0].startswith("id,email,")
    assert because(made) is None


def test_where_much_was_written_the_whole_list_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incremental_runs, "MOST_READ_BY_ID", 5)
    made = ChangingList()
    made.run()
    made.world.marketo.calls.clear()
    assert because(made) == "much_has_changed"
    assert made.world.marketo.calls["create_export"] == 1
    assert because(made) is None


def test_so_it_is_where_many_are_touched_by_few(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ChangingList()
    made.settle()
    monkeypatch.setattr(incremental, "MOST_READ_BY_ID", 3)
    made.change(2, email="person10@example.com")
    assert because(made) == "much_has_changed"


@pytest.mark.parametrize("at", ["export", "download", "work"])
def test_where_what_was_kept_is_gone_the_whole_list_is_read(at: str) -> None:
    made = ChangingList()
    made.settle()
    made.begin()
    made.world.run(until=lambda stage: stage == at)
    for name in made.kept():
        if at == "export" or "keys-" in name:  # some days after, file by file
            made.world.files.delete(TENANT, "service-s-1", name)
    assert made.world.run() == "done"
    assert made.world.execution.results["full_because"] == ("no_earlier_run" if at == "export" else "state_is_gone")
    assert because(made) is None


def test_who_was_refused_last_time_is_written_to_again() -> None:
    made = ChangingList()
    made.settle()
    made.put(50, email="person10@example.com")
    update = made.world.marketo.update_leads

    def refusing(rows: Any) -> Any:
        return [RecordResult(None, "skipped", "1007", "Not today") for _ in rows]

    made.world.marketo.update_leads = refusing  # type: ignore[method-assign]
    made.begin()
    made.world.run()
    assert made.world.execution.results["refused"] == 1
    made.world.marketo.update_leads = update  # type: ignore[method-assign]
    assert because(made) is None
    assert made.rows[50]["tlSurvivor"] == made.rows[20]["tlSurvivor"] == "21"


def test_a_run_that_failed_is_made_up_for() -> None:
    made = ChangingList()
    made.settle()
    made.put(50, email="person10@example.com")
    made.begin()
    made.world.marketo.faults["update_leads"] = [MarketoRefused("No more today.", marketo_code="1003")]
    assert made.world.run() == "failed"
    assert because(made) is None
    assert made.rows[50]["tlSurvivor"] == "21"


def test_what_an_undoing_takes_back_is_found_again() -> None:
    made = ChangingList()
    made.settle()
    made.put(50, email="person10@example.com")
    made.run()
    made.begin(undoes="e-03")
    assert made.world.run() == "done"
    assert made.rows[50]["tlSurvivor"] is None
    assert "incremental" not in made.world.execution.results
    assert because(made) is None
    assert made.rows[50]["tlSurvivor"] == "21"


@pytest.mark.parametrize("number", [8, 20], ids=["who changed", "who is touched by it"])
def test_who_is_gone_when_it_is_read_counts_as_gone(number: int) -> None:
    made = ChangingList()
    made.settle()
    made.change(8, email="person10@example.com")
    made.begin()
    made.world.run(until=lambda stage: stage == "work")
    del made.rows[number]
    twin = made.read_whole()
    assert made.world.run() == "done"
    assert made.tables() == tables_of(twin)
    assert made.world.execution.progress.leads == 39


def test_who_is_changed_while_it_is_read_counts_as_it_was_read() -> None:
    made = ChangingList()
    made.settle()
    made.change(8, email="person10@example.com")
    made.begin()
    made.world.run(until=lambda stage: stage == "work")
    read, asked = made.world.marketo.leads, []

    def meanwhile(lookup: str, values: Any, fields: Any) -> Any:
        asked.append(list(values))
        if len(asked) == 2:  # 20 and 21, who are touched by lead 8, and 9, whom it has left
            made.change(21, email="person15@example.com")
        return read(lookup, values, fields)

    made.world.marketo.leads = meanwhile  # type: ignore[method-assign]
    made.world.run(until=lambda stage: stage == "approve")
    twin = made.read_whole()
    assert asked == [["8"], ["9", "20", "21"], ["30", "31"]]
    assert made.tables() == tables_of(twin)


def test_a_lead_that_was_changed_right_before_it_was_read_is_read_again() -> None:
    made = ChangingList()
    made.settle()
    made.begin()
    made.change(8, leadScore=1)  # within the second, it may be changed once more after being read
    assert made.world.run() == "done"
    made.rows[8]["email"] = "person10@example.com"
    results = made.run()
    assert results["leads_read_by_id"] == 4
    assert made.rows[8]["tlSurvivor"] == "21"


def test_a_state_has_no_address_and_takes_the_place_of_the_one_before() -> None:
    made = ChangingList(IN_PARTS.part // 50, IN_PARTS)
    made.settle()
    kept = made.kept()
    assert kept[0] == "state/e-02/keys-00000.parquet"
    assert {name.split("/")[1] for name in kept} == {"e-02", "latest.json"}
    values = {str(value) for row in made.rows.values() for value in (row["email"], row["firstName"], row["lastName"])}
    held = b"".join(made.world.files.get(TENANT, "service-s-1", name) for name in kept)
    assert lead(1)["email"] in values
    assert not [value for value in values if value.encode() in held]


def test_an_earlier_run_that_is_resumed_after_a_later_one_leaves_its_state_alone() -> None:
    made = ChangingList()
    made.settle()
    made.change(8, email="person10@example.com")
    made.begin()
    made.world.run(until=lambda stage: stage == "write_back")
    made.world.close("failed")
    made.run()
    kept = made.kept()
    made.world.current = "e-03"
    resume_execution(made.world.executions, made.world.workflows, made.world.execution)
    assert made.world.run() == "done"
    assert made.kept() == kept
    assert "keeps nothing for the next run: what it had made is gone" in made.lines
    assert because(made) is None
