"""What a plan takes from the executions before it."""

from dataclasses import replace
from typing import Any

import pytest
from touchline.adapters.memory.marketo_stores import MemoryServices
from touchline.domain.marketo.executions import Execution, Progress
from touchline.domain.marketo.kinds import kind_named
from touchline.domain.marketo.services import Kind, Service
from touchline.services.marketo.begin_execution import Beginning, begin_execution, plan_execution
from touchline.services.marketo.learning import Asked, latest_figures, longest_list

from tests.unit.services.marketo.test_executions_run import world as writing_world
from tests.unit.services.marketo.test_import_activities import DAY, activity
from tests.unit.services.marketo.test_import_activities import world as importing_world
from tests.unit.services.marketo.test_kinds import world as kinds_world
from tests.unit.services.marketo.test_smart_lists import world as smart_world
from tests.unit.services.marketo.world import NOON, TENANT, World

READING = {"words": [], "warnings": [], "job": {"columns": ["integer"] * 4, "writes": "fields", "written": 1}}


def beginning(made: World) -> Beginning:
    return Beginning(made.connections, MemoryServices(), made.executions, made.log, made.workflows)


def service(made: World, **more: Any) -> Service:
    return Service("s-1", "g-1", "c-1", made.kind, "Clean", made.list, made.rules, reading=READING, **more)


def begun(made: World, id: str, **more: Any) -> Execution:
    begin_execution(beginning(made), TENANT, service(made), id=id, by="person", now=made.clock(), **more)
    made.current = id
    return made.execution


def test_it_is_told_at_once_when_it_will_end_and_no_more_once_it_has() -> None:
    made = writing_world()
    plan = begun(made, "e-1").plan
    assert made.execution.progress.estimated_end == NOON + 1000 * sum(plan["seconds_by_stage"].values())
    made.run()
    assert made.execution.progress.estimated_end is None


def test_a_second_execution_is_expected_to_take_what_the_first_one_took() -> None:
    made = writing_world(polls=12)
    begun(made, "e-1")
    made.run()
    took = made.execution.progress.took
    assert took["poll"] == 1000 * sum(made.waited)
    assert begun(made, "e-2").plan["seconds_by_stage"]["poll"] == sum(made.waited)


def test_an_instance_that_exports_no_smart_lists_is_planned_for_once_that_is_known() -> None:
    made = smart_world()
    first = begun(made, "e-1").plan
    assert made.run() == "done"
    second = begun(made, "e-2").plan
    assert (first["calls_by_stage"]["export"], first["calls_by_stage"]["download"]) == (3, 1)
    assert second["calls_by_stage"]["export"] == 3 + 2 * 28 + 19
    assert second["calls_by_stage"]["poll"] == 4 + 28 + 3 * 9
    assert second["calls_by_stage"]["download"] == made.get("e-1").results["windows"] == 29
    assert second["leads"] == made.get("e-1").progress.leads < made.get("e-1").results["leads_read"] == 200
    assert any("in 29 exports" in warning for warning in second["warnings"])


def test_at_each_step_its_end_is_told_and_never_before_its_wait() -> None:
    made = writing_world(polls=3)
    begun(made, "e-1")
    kept: list[Execution] = []
    replace_in_store = made.executions.replace

    def noted(execution: Execution) -> None:
        kept.append(execution)
        replace_in_store(execution)

    made.executions.replace = noted  # type: ignore[method-assign]
    made.run()
    ends = [one.progress.estimated_end for one in kept if one.state in {"running", "waiting"}]
    assert None not in ends
    waits = [one for one in kept if one.waiting is not None]
    assert len(waits) == 3
    assert all((one.progress.estimated_end or 0) >= one.waiting.until for one in waits if one.waiting)


def test_a_preview_tells_nothing_of_how_long_writing_takes() -> None:
    made = writing_world()
    begun(made, "e-1")
    made.run()
    written = latest_figures(made.executions, TENANT, "s-1")
    begun(made, "e-2", how=Asked(preview=True))
    made.run()
    previewed = latest_figures(made.executions, TENANT, "s-1")
    assert written is not None
    assert previewed is not None
    assert "write_back" in written.seconds
    assert not {"write_back", "verify"} & previewed.seconds.keys()


def test_addresses_that_were_asked_for_are_known_the_next_time() -> None:
    rules = {"scope": {"closure": True}, "survivor": {"prefer": []}, "ask_above_share": 1.0}
    made = kinds_world("dedupe", 200, rules=rules)
    made.marketo.members["static", 7] = list(range(2, 201, 2))
    made.begin()
    made.run()
    figures = latest_figures(made.executions, TENANT, "s-1")
    assert figures is not None
    asked = made.execution.results["addresses_asked"]
    assert 0 < asked <= 100
    assert figures.asked == asked


def test_rules_that_look_outside_the_list_are_planned_so() -> None:
    made = kinds_world("dedupe")
    fields = made.marketo.fields()
    match = [{"name": "address", "fields": [{"field": "email"}]}]
    read = kind_named("dedupe").read
    assert not read({"match": match, "outcome": {"kind": "preview"}}, fields).job.closure
    assert read({"match": match, "outcome": {"kind": "preview"}, "scope": {"closure": True}}, fields).job.closure


def of_activities(made: World) -> Service:
    job = {"columns": ["integer"], "writes": "nothing", "activities": True, "days": 31}
    reading = {"words": [], "warnings": [], "job": job}
    return Service("s-1", "g-1", "c-1", "activity_import", "Clean", made.list, made.rules, reading=reading)


def test_the_next_import_is_planned_for_the_days_that_it_asks_for() -> None:
    made = importing_world(activity(1, 1, NOON - DAY))
    first = plan_execution(beginning(made), TENANT, of_activities(made), now=NOON)
    made.begin(plan={"columns": 1})
    made.run()
    made.change(usage=replace(made.execution.usage, bytes=31_000_000))
    made.clock.now += DAY
    next_day = plan_execution(beginning(made), TENANT, of_activities(made), now=made.clock())
    # A day and what is looked back at, of thirty-one: a million a day.
    assert next_day.bytes == pytest.approx(2_000_000, rel=0.01)
    assert (first.leads_from, len(first.warnings), next_day.warnings) == ("assumed", 1, ())


@pytest.mark.parametrize(("connection", "found"), [("c-1", 700), ("c-2", 9), ("c-3", None)])
def test_the_longest_list_of_a_connection(connection: str, found: int | None) -> None:
    made = writing_world()
    kind: Kind = "dedupe"
    for number, (of, leads) in enumerate([("c-1", 50), ("c-1", 700), ("c-1", None), ("c-2", 9)]):
        one = Service(f"s-{number}", "g-1", of, kind, "Clean", made.list)
        made.executions.begin(Execution(f"e-{number}", TENANT, one, state="completed", progress=Progress(leads=leads)))
    assert longest_list(made.executions, TENANT, connection) == found


def reading_changes(made: World) -> Service:
    fields = made.marketo.fields()
    reading = kind_named("dedupe").read(made.rules, fields).facts()
    return Service("s-1", "g-1", "c-1", "dedupe", "Clean", made.list, made.rules, reading=reading)


def changing_world() -> World:
    rules = {"scope": {"incremental": True}, "survivor": {"prefer": []}, "ask_above_share": 1.0}
    made = kinds_world("dedupe", 200, rules=rules)
    made.marketo.store.clock = made.clock
    return made


def run_as_planned(made: World, id: str, **more: Any) -> Execution:
    made.clock.now += 3_600_000
    begin_execution(
        beginning(made), TENANT, reading_changes(made), id=id, by="person", now=made.clock(), how=Asked(**more)
    )
    made.current = id
    made.run()
    return made.execution


def test_a_plan_says_whether_what_changed_is_read_and_why_not() -> None:
    made = changing_world()
    told = []
    for id, more in (("e-1", {}), ("e-2", {}), ("e-3", {"full": True}), ("e-4", {"preview": True}), ("e-5", {})):
        plan, results = (ended := run_as_planned(made, id, **more)).plan, ended.results
        assert (plan["incremental"], plan["full_because"]) == (results["incremental"], results["full_because"])
        told.append(plan["full_because"])
    assert told == ["no_earlier_run", None, "asked_for", "preview", None]
    assert made.get("e-2").plan["columns"] == made.get("e-5").plan["columns"] == 2
    made.rules = {**made.rules, "guards": {"key_cap": 7}}
    assert run_as_planned(made, "e-6").plan["full_because"] == "rules_changed"
    made.clock.now += 8 * DAY
    assert run_as_planned(made, "e-7").plan["full_because"] == "full_is_due"


def test_a_run_that_reads_what_changed_is_planned_with_few_bytes_and_the_calls_that_read_them() -> None:
    made = changing_world()
    first, second = run_as_planned(made, "e-1").plan, run_as_planned(made, "e-2").plan
    assert second["bytes"] == 200 * 28 < first["bytes"] / 2
    assert second["calls_by_stage"]["work"] == 1
    assert any("read by id" in warning for warning in second["warnings"])
    made.change(usage=replace(made.execution.usage, bytes=200 * 30))
    third = run_as_planned(made, "e-3").plan
    assert (third["bytes"], third["warnings"]) == (200 * 30, [])


def test_what_a_run_brought_that_was_planned_otherwise_says_nothing_of_the_next_one() -> None:
    made = changing_world()
    run_as_planned(made, "e-1")
    for name in list(made.files.names(TENANT, "service-s-1")):
        made.files.delete(TENANT, "service-s-1", name)
    second = run_as_planned(made, "e-2")
    assert (second.plan["incremental"], second.results["full_because"]) == (True, "no_earlier_run")
    figures = latest_figures(made.executions, TENANT, "s-1")
    assert figures is not None
    assert figures.columns == 0
