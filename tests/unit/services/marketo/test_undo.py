"""An execution that takes back what another one wrote, from its beginning to its end."""

import io
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from touchline.adapters.memory.marketo_stores import MemoryServices
from touchline.domain.marketo import undoing
from touchline.domain.marketo.api import ImportJob
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.services import Kind
from touchline.errors import Conflict
from touchline.services.marketo.begin_execution import Beginning
from touchline.services.marketo.begin_undo import begin_undo
from touchline.services.marketo.control_execution import resume_execution, stop_execution
from touchline.services.marketo.explain_lead import explain_lead
from touchline.services.marketo.learning import Asked
from touchline.services.marketo.work import Sizes

from tests.unit.services.marketo.test_crashes import Deaths, survive
from tests.unit.services.marketo.test_kinds import IN_PARTS, agreed
from tests.unit.services.marketo.test_kinds import world as world_of
from tests.unit.services.marketo.world import TENANT, World

KINDS: tuple[Kind, ...] = ("dedupe", "email_hash", "email_domain")
type Leads = dict[int, dict[str, Any]]


def world(kind: Kind = "email_hash", count: int = 200, sizes: Sizes | None = None) -> World:
    made = world_of(kind, count, sizes)
    return agreed(made) if kind == "dedupe" else made


def leads(made: World) -> Leads:
    """What is empty or not true is left out."""
    return {
        lead: {name: value for name, value in row.items() if value not in {None, False}}
        for lead, row in made.marketo.store.rows.items()
    }


def ran(made: World, execution: str = "e-1") -> World:
    made.begin(execution)
    assert made.run() == "done"
    return made


def begin(made: World, undone: str = "e-1", execution: str = "e-2", *, preview: bool = False) -> Execution:
    beginning = Beginning(made.connections, MemoryServices(), made.executions, made.log, made.workflows)
    made.current = execution
    return begin_undo(beginning, made.files, made.get(undone), id=execution, now=made.clock(), how=Asked(preview))


def undo(made: World, undone: str = "e-1", execution: str = "e-2", *, preview: bool = False) -> Execution:
    begin(made, undone, execution, preview=preview)
    assert made.run() == "done"
    assert made.execution.state == "completed"
    return made.execution


def report(made: World, name: str, execution: str = "e-2") -> list[str]:
    return made.files.get(TENANT, execution, f"report/{name}.csv").decode().splitlines()


@pytest.fixture(params=["by id", "by an extract"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "by id":
        monkeypatch.setattr(undoing, "FEW", 0)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("sizes", [Sizes(), IN_PARTS], ids=["as one", "in parts"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_lead_is_as_it_was_before(kind: Kind, sizes: Sizes) -> None:
    made = world(kind, sizes=sizes)
    before = leads(made)
    ran(made)
    assert leads(made) != before
    done = undo(made)
    assert leads(made) == before
    first = made.get("e-1").results
    assert done.results["written"] == first["written"] > 100
    assert done.results["changes_by_field"] == first["changes_by_field"]
    assert [done.results[name] for name in ("refused", "verified_differ", "changed_since", "gone")] == [0, 0, 0, 0]
    assert (done.undoes, made.get("e-1").undone_by) == ("e-1", "e-2")
    assert done.progress.changes == first["written"]
    with pytest.raises(Conflict, match="undone by the execution e-2"):
        begin(made, execution="e-3")


def test_few_leads_need_no_extract_and_many_are_looked_for_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ran(world())
    assert made.marketo.calls["create_export"] == 1
    undo(made)
    assert made.marketo.calls["create_export"] == 1
    assert made.execution.usage.bytes == 0
    monkeypatch.setattr(undoing, "FEW", 0)
    undo(ran(made, "e-3"), "e-3", "e-4")
    assert made.marketo.calls["create_export"] == 3
    assert [list(job["fields"]) for job in made.execution.checkpoints["export"]["jobs"]] == [["id", "emailSha256"]]


@pytest.mark.usefixtures("_way")
def test_what_somebody_changed_since_stays_and_is_listed() -> None:
    made = world()
    before = leads(made)
    ran(made)
    rows = made.marketo.store.rows
    rows[14]["emailSha256"] = "mine"
    rows[15]["emailSha256"] = None  # taken back by hand
    rows[16]["leadScore"] = 77  # of no concern to the execution
    del rows[18]
    done = undo(made)
    assert leads(made) == {lead: row for lead, row in before.items() if lead != 18} | {
        14: {**before[14], "emailSha256": "mine"},
        16: {**before[16], "leadScore": 77},
    }
    assert (done.results["written"], done.results["changed_since"], done.results["gone"]) == (197, 1, 1)
    assert report(made, "quarantine") == [
        "id,group,guard,reason",
        "18,,gone,Marketo has no such lead any more",
        "14,,changed_since,emailSha256 no longer has what execution e-1 wrote",
    ]
    (changed,) = explain_lead(made.files, TENANT, "e-2", 20).words
    assert changed.endswith("to nothing: as it was before execution e-1 (key e-1).")
    (left,) = explain_lead(made.files, TENANT, "e-2", 14).words
    assert left == "Left alone by guard changed_since: emailSha256 no longer has what execution e-1 wrote."
    assert "mine" not in repr(made.execution) + repr(made.log.lines)


@pytest.mark.usefixtures("_way")
def test_what_was_left_may_be_undone_again_and_a_second_time_changes_nothing() -> None:
    made = ran(world())
    made.marketo.store.rows[14]["emailSha256"] = "mine"
    undo(made)
    after, calls = leads(made), made.marketo.calls["update_leads"]
    again = undo(made, execution="e-3")
    assert (leads(made), made.marketo.calls["update_leads"]) == (after, calls)
    assert (again.progress.changes, again.results["changed_since"]) == (0, 1)
    assert made.get("e-1").undone_by == "e-3"


def test_leads_that_left_the_list_are_asked_for_by_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "FEW", 0)
    made = world(count=200, sizes=IN_PARTS)
    before = leads(made)
    ran(made)
    made.marketo.members["static", 7] = [3, 5, 7]
    undo(made)
    assert leads(made) == before
    assert made.execution.progress.leads == 200


def test_leads_outside_the_list_that_were_marked_lose_their_marks() -> None:
    made = world("dedupe")
    made.rules = {**made.rules, "scope": {"closure": True}}
    made.marketo.members["static", 7] = list(range(2, 201, 2))  # one of each pair
    before = leads(made)
    ran(made)
    assert made.marketo.store.rows[3]["tlIsDuplicate"]
    undo(made)
    assert leads(made) == before


def test_who_was_refused_has_nothing_to_take_back() -> None:
    made = world()
    made.begin()
    made.run(until=lambda stage: stage == "write_back")
    lost = made.marketo.store.rows.pop(10)
    assert made.run() == "done"
    assert made.execution.results["refused"] == 1
    wanted = made.marketo.store.rows[11]["emailSha256"]  # the same address
    made.marketo.store.rows[10] = {**lost, "emailSha256": wanted}  # by somebody else
    undo(made)
    assert made.marketo.store.rows[10]["emailSha256"] == wanted
    assert made.marketo.store.rows[11]["emailSha256"] is None
    assert (made.execution.results["written"], made.execution.results["changed_since"]) == (199, 0)


def stopped_half_way(count: int = 700) -> World:
    """After the first of its calls that write."""
    made = world(count=count)
    made.begin()
    made.run(until=lambda stage: stage == "write_back")
    while not made.execution.checkpoints.get("write_back", {}).get("next"):
        made.stage("write_back", seconds=0)
    stop_execution(made.executions, made.workflows, made.execution)
    made.close("stopped")
    made.change(service=replace(made.execution.service, reading={"job": {"written": 1}}))
    return made


@pytest.mark.usefixtures("_way")
def test_of_what_stopped_half_way_only_what_was_written_is_taken_back() -> None:
    made = stopped_half_way()
    rows = made.marketo.store.rows
    assert sum(row.get("emailSha256") is not None for row in rows.values()) == 300
    rows[700]["emailSha256"] = unsent = after(made, 700)  # by somebody else
    undo(made)
    assert {lead: row["emailSha256"] for lead, row in rows.items() if row.get("emailSha256")} == {700: unsent}
    assert (made.execution.results["written"], made.execution.results["changed_since"]) == (300, 0)
    with pytest.raises(Conflict, match="e-2 takes its changes back"):
        resume_execution(made.executions, made.workflows, made.get("e-1"))


def after(made: World, lead: int) -> str:
    table = pl.read_parquet(io.BytesIO(made.files.get(TENANT, "e-1", "changes/part-00000.parquet")))
    return str(table.filter(pl.col("id") == lead)["after"].item())


def test_what_marketo_still_imports_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made = stopped_half_way(1_500)
    assert made.execution.checkpoints["write_back"]["running"] != []
    get_import, looks = made.marketo.get_import, iter(["Queued", "Importing"])

    def slow(job: str) -> ImportJob | None:
        seen, state = get_import(job), next(looks, None)
        return seen if seen is None or state is None else replace(seen, state=state)  # type: ignore[arg-type]

    monkeypatch.setattr(made.marketo, "get_import", slow)
    undo(made)
    assert made.statuses.count(("export", "wait")) == 2
    assert made.waited == [15, 15]
    assert {row.get("emailSha256") for row in made.marketo.store.rows.values()} == {None}


def test_of_two_executions_that_changed_a_lead_each_takes_back_its_own() -> None:
    made = world()
    before = leads(made)
    ran(made)
    between = leads(made)
    for lead in (4, 5):
        made.marketo.store.rows[lead]["email"] = before[lead]["email"] = "new@example.com"
        between[lead]["email"] = "new@example.com"
    ran(made, "e-2")
    now = leads(made)
    assert now[4]["emailSha256"] != between[4]["emailSha256"]
    assert undo(made, "e-1", "e-3").results["changed_since"] == 2
    assert leads(made) == before | {lead: now[lead] for lead in (4, 5)}
    undo(made, "e-2", "e-4")
    assert leads(made) == before | {lead: between[lead] for lead in (4, 5)}
    undo(made, "e-1", "e-5")
    assert leads(made) == before


@pytest.mark.usefixtures("_way")
def test_a_preview_tells_what_would_be_taken_back() -> None:
    made = ran(world())
    now = leads(made)
    seen = undo(made, preview=True)
    assert leads(made) == now
    assert (seen.progress.changes, len(report(made, "changes"))) == (200, 201)
    assert made.get("e-1").undone_by is None
    undo(made, execution="e-3")


def test_merges_are_not_undone_nor_what_was_written_before_them() -> None:
    made = world("dedupe")
    made.rules = {**made.rules, "outcome": {"kind": "merge"}, "values": {"fields": {"leadScore": "sum"}}}
    ran(made)
    assert min(made.execution.results["merged"], made.execution.results["written"]) > 0
    with pytest.raises(Conflict, match="merged leads"):
        begin(made)
    assert made.executions.get(TENANT, "e-2") is None


def test_a_field_that_is_gone_is_named_and_the_rest_waits_for_it() -> None:
    made = ran(world())
    field = made.marketo.known_fields.pop("emailSha256")
    begin(made)
    assert made.run() == "failed"
    (problem,) = made.execution.problems
    assert "no field emailSha256 any more" in problem.message
    made.marketo.known_fields["emailSha256"] = field
    resume_execution(made.executions, made.workflows, made.execution)
    assert made.run() == "done"


def test_files_that_go_while_it_waits_end_it_with_a_word() -> None:
    made = ran(world())
    begin(made)
    made.files.delete(TENANT, "e-1", "changes/")
    assert made.run() == "failed"
    assert "are gone" in made.execution.problems[0].message


def test_an_undoing_is_no_measure_for_plans_of_the_service() -> None:
    from touchline.services.marketo.learning import latest_figures

    made = ran(world())
    of_rules = latest_figures(made.executions, TENANT, "s-1")
    undo(made)
    assert latest_figures(made.executions, TENANT, "s-1") == of_rules


@pytest.mark.usefixtures("_way")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deaths=st.dictionaries(st.integers(1, 60), st.booleans(), max_size=5), in_parts=st.booleans())
def test_wherever_it_is_killed_it_ends_the_same(deaths: dict[int, bool], *, in_parts: bool) -> None:
    made = world(count=60, sizes=IN_PARTS if in_parts else None)
    before = leads(made)
    ran(made)
    begin(made)
    Deaths(made, deaths)
    survive(made)
    assert made.execution.state == "completed"
    assert leads(made) == before
    assert (made.execution.results["written"], made.execution.results["refused"]) == (60, 0)
