"""Smart lists of an instance that exports none: everybody is read, and the work sees those on the list alone."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.adapters.memory.marketo_stores import MemoryServices
from touchline.domain.leads.extract import read_leads
from touchline.domain.marketo import undoing
from touchline.domain.marketo.services import Kind, ListReference
from touchline.errors import MarketoLimitReached
from touchline.services.marketo.begin_execution import Beginning
from touchline.services.marketo.begin_undo import begin_undo
from touchline.services.marketo.part_files import part_numbers, read_stored
from touchline.services.marketo.work import Sizes

from tests.unit.services.marketo.test_crashes import Deaths, survive
from tests.unit.services.marketo.test_import_activities import DAY, activity
from tests.unit.services.marketo.test_import_activities import world as importing
from tests.unit.services.marketo.test_kinds import IN_PARTS, RULES, tables
from tests.unit.services.marketo.test_kinds import world as world_of
from tests.unit.services.marketo.world import NOON, TENANT, World

KINDS: tuple[Kind, ...] = ("dedupe", "email_hash", "email_domain")
SMART = 9
PERSONS_1 = {
    "filterMatchType": "all",
    "triggers": [],
    "filters": [
        {"name": "Email Address", "conditions": [{"operator": "starts with", "values": ["PERSON1"]}]},
        {"name": "Lead Score", "conditions": [{"operator": "less than", "values": ["180"]}]},
    ],
}


def is_on_it(row: Mapping[str, Any]) -> bool:
    return str(row["email"] or "").startswith("person1") and row["leadScore"] < 180


def world(kind: Kind = "email_hash", *, exports: bool = False, sizes: Sizes | None = None) -> World:
    rules = {**RULES[kind], "ask_above_share": 1.0} if kind == "dedupe" else RULES[kind]
    made = world_of(kind, 200, sizes, rules)
    rows = made.marketo.store.rows
    for number, row in rows.items():
        row["createdAt"] = f"2025-{1 + number % 12:02}-{1 + number % 28:02}T00:00:00Z"
    made.marketo.add_list("smart", SMART, "Persons 1", [number for number, row in rows.items() if is_on_it(row)])
    made.marketo.smart_rules[SMART] = PERSONS_1
    made.marketo.exports_smart_lists = exports
    made.list = ListReference("smart", SMART, "Persons 1")
    return made


def ran(made: World) -> World:
    made.begin()
    assert made.run() == "done", made.execution.problems
    return made


def with_rules(*filters: dict[str, Any], **more: Any) -> World:
    made = world()
    made.marketo.smart_rules[SMART] = {"filterMatchType": "all", "filters": list(filters), **more}
    return made


def one_filter(name: str, operator: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "conditions": [{"operator": operator, "values": list(values), **more}]}


def extract(made: World) -> pl.DataFrame:
    parts = [read_leads(read_stored(made.work, made.execution, one)) for one in part_numbers(made.work, made.execution)]
    return pl.concat(parts).sort("id")


@pytest.mark.parametrize("sizes", [Sizes(), IN_PARTS], ids=["as one", "in parts"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_result_is_that_of_an_instance_that_exports_them(kind: Kind, sizes: Sizes) -> None:
    refused, exported = ran(world(kind, sizes=sizes)), ran(world(kind, exports=True, sizes=sizes))
    assert tables(refused, "changes/").sort("id", "field").equals(tables(exported, "changes/").sort("id", "field"))
    assert extract(refused).equals(extract(exported))
    assert refused.marketo.store.rows == exported.marketo.store.rows
    assert refused.execution.progress.leads == exported.execution.progress.leads == extract(refused).height > 10
    assert refused.execution.results["leads_read"] == 200
    assert refused.execution.results["verified_differ"] == 0


def test_everybody_is_asked_for_in_windows_since_the_instance_began() -> None:
    made = ran(world())
    orders = made.execution.checkpoints["export"]["jobs"]
    spans = [job["filter"]["createdAt"] for job in orders]
    assert (spans[0]["startAt"], spans[-1]["endAt"]) == ("2023-12-31T00:00:00Z", "2026-06-01T12:00:00Z")
    assert all(before["endAt"] < after["startAt"] for before, after in pairwise(spans))
    assert len(spans) == 29
    assert made.marketo.calls["create_export"] == 30  # one was refused
    (line,) = [line for line in made.log.lines[TENANT, "e-1"] if "exports no smart lists" in line["message"]]
    assert line["facts"] == {"windows": 29, "lists": 0, "filters": 2}
    assert "download has the leads of the smart list" in made.lines()


def test_people_who_are_not_on_the_list_are_kept_nowhere() -> None:
    made = ran(world(sizes=IN_PARTS))
    names = [*made.files.names(TENANT, "e-1", "extract/")]
    assert {name.partition("-")[0] for name in names} == {"extract/part", "extract/smart"}
    outside = [str(row["email"]).encode() for row in made.marketo.store.rows.values() if not is_on_it(row)]
    bodies = [made.files.get(TENANT, "e-1", name) for name in made.files.names(TENANT, "e-1")]
    assert not [email for email in outside if any(email + b"," in body for body in bodies) and email != b""]


def test_a_lead_that_comes_with_two_windows_counts_once() -> None:
    made = world(sizes=IN_PARTS)
    asked = made.marketo._asked

    def overlapping(order: Any) -> Any:
        span = order.filter.get("createdAt")
        if span is None:
            return asked(order)
        rows = made.marketo.store.rows.values()
        return [row for row in rows if span["startAt"][:4] <= row["createdAt"][:4] <= span["endAt"][:4]]

    made.marketo._asked = overlapping  # type: ignore[method-assign]
    ran(made)
    assert made.execution.results["leads_read"] > 2_000
    assert extract(made).equals(extract(ran(world(exports=True))))


def test_a_damaged_window_is_read_again_and_proven_whole() -> None:
    made = world()
    read = made.marketo.read_export
    left = [1]

    def damaged(kind: Any, job: str, start: int, end: int) -> Any:
        for piece in read(kind, job, start, end):
            spoilt = left[0] > 0 and b"person1" in piece
            left[0] -= spoilt
            yield piece.replace(b"person1", b"person2", 1) if spoilt else piece

    made.marketo.read_export = damaged  # type: ignore[method-assign]
    ran(made)
    assert "download has another checksum than Marketo says and is read again" in made.lines()
    assert extract(made).equals(extract(ran(world(exports=True))))


def test_the_queue_of_ten_is_waited_for() -> None:
    made = world()
    enqueue = made.marketo.enqueue_export
    waiting: list[str] = []

    def crowded(kind: Any, job: str) -> Any:
        if len([one for one in made.marketo.jobs.jobs.values() if one.state == "Queued"]) >= 10:
            for one in made.marketo.jobs.jobs:  # meanwhile
                made.marketo.jobs.poll("leads", one)
            waiting.append(job)
            raise MarketoLimitReached("1029", limit="export_queue", until=made.clock() + 60_000)
        return enqueue(kind, job)

    made.marketo.enqueue_export = crowded  # type: ignore[method-assign]
    ran(made)
    assert len(waiting) == 2
    assert made.waited[:2] == [60, 60]


@pytest.mark.parametrize(("failures", "made", "problems"), [(1, 31, 0), (2, 32, 0), (3, 32 + 30, 1)])
def test_a_window_that_fails_is_asked_for_again_alone_some_times(failures: int, made: int, problems: int) -> None:
    failing = world()
    create, window = failing.marketo.create_export, list[str]()

    def noting(order: Any) -> Any:
        job = create(order)
        if order.filter["createdAt"]["startAt"].startswith("2025-05"):
            window.append(job.id)
        return job

    failing.marketo.create_export = noting  # type: ignore[method-assign]
    failing.begin()
    perform = failing.perform["poll"]

    def poll(work: Any, execution: Any) -> Any:
        jobs = failing.marketo.jobs.jobs
        if len(window) <= failures and jobs[window[-1]].state == "Queued":
            jobs[window[-1]] = replace(jobs[window[-1]], state="Failed", error="no room")
        return perform(work, execution)

    failing.perform["poll"] = poll
    assert failing.run() == "done"
    assert failing.marketo.calls["create_export"] == made
    assert [problem.code for problem in failing.execution.problems] == ["export_failed"] * problems
    assert extract(failing).equals(extract(ran(world(exports=True))))


@given(st.dictionaries(st.integers(1, 400), st.booleans(), max_size=6))
@settings(max_examples=30, deadline=None)
def test_killed_anywhere_it_comes_to_the_same(at: dict[int, bool]) -> None:
    made = world(sizes=IN_PARTS)
    Deaths(made, at)
    made.begin()
    survive(made)
    whole = ran(world(exports=True, sizes=IN_PARTS))
    assert made.execution.state == "completed"
    assert made.marketo.store.rows == whole.marketo.store.rows
    assert extract(made).equals(extract(whole))


@pytest.mark.parametrize("more", [0, 1, 2, 20])
def test_files_that_are_gone_before_they_were_sifted_are_exported_anew(more: int) -> None:
    made = world()
    made.begin()
    made.run(until=lambda stage: stage == "download")
    while not [*made.files.names(TENANT, "e-1", "extract/raw-")]:
        made.stage("download", seconds=-1)
    for _ in range(more):
        made.stage("download", seconds=-1)
    made.files.delete(TENANT, "e-1", "extract/raw-")
    assert made.run() == "done"
    assert [problem.code for problem in made.execution.problems] == ["extract_gone"]


def test_members_of_a_static_list_come_by_their_ids() -> None:
    made = with_rules(one_filter("Member of List", "in", "Evens"), one_filter("Lead Score", "at most", "100"))
    made.marketo.add_list("static", 21, "Evens and more", [1, 2, 3])
    made.marketo.add_list("static", 22, "Evens", list(range(2, 201, 2)))
    ran(made)
    assert extract(made)["id"].to_list() == list(range(2, 101, 2))
    orders = [job["filter"] for job in made.execution.checkpoints["export"]["jobs"]]
    assert orders[0] == {"staticListId": 22}


def test_a_static_list_may_be_named_with_its_program_and_not_be_wanted() -> None:
    made = with_rules(one_filter("Member of List", "not in", "Program.Evens"))
    made.marketo.add_list("static", 22, "Evens", list(range(2, 201, 2)))
    ran(made)
    assert extract(made)["id"].to_list() == list(range(1, 201, 2))


def test_duplicates_are_found_among_everybody() -> None:
    made = with_rules(one_filter("Duplicate Fields", "is", "Email Address"), one_filter("Lead Score", "at most", "100"))
    made.sizes = IN_PARTS
    ran(made)
    assert extract(made)["id"].to_list() == list(range(2, 101))  # persons have two leads each, but for the first


def test_nobody_on_the_list_is_no_trouble() -> None:
    made = with_rules(one_filter("Email Address", "is", "nobody@example.com"))
    ran(made)
    assert (made.execution.state, made.execution.progress.leads) == ("completed", 0)


def test_an_instance_without_leads_is_no_trouble() -> None:
    made = world()
    made.marketo.store.rows.clear()
    ran(made)
    assert (made.execution.state, made.execution.progress.leads) == ("completed", 0)


@pytest.mark.parametrize(
    ("filter", "why"),
    [
        ({"name": "Visited Web Page", "ruleType": "Activity", "operator": "occurs"}, "it asks what somebody did"),
        (one_filter("Member of Program", "is", "P"), "no field of leads is called so"),
        (one_filter("Email Address", "sounds like", "secret"), "its operator 'sounds like' is not one that is known"),
        (one_filter("Lead Score", "at least", "secret"), "its value is no number"),
        (one_filter("Created At", "at least", "2026-01-01"), "Marketo does not tell"),
        (one_filter("Created At", "in past", "30 days"), "its operator 'in past'"),
        (one_filter("Email Address", "is"), "it has no value to compare with"),
        (one_filter("Member of List", "in", "Nowhere"), "no static list is called so"),
        (one_filter("Duplicate Fields", "is", "Shoe Size"), "it names a field that leads do not have"),
        (
            one_filter("Email Address", "is", "x", activityAttributeName="Date of Activity", isPrimary=False),
            "it has the constraint 'Date of Activity'",
        ),
        (one_filter("Email Address", "is", "x", isError=True), "Marketo says that it is broken"),
    ],
)
def test_a_filter_that_fields_cannot_answer_ends_it_with_its_name_and_what_works(
    filter: dict[str, Any], why: str
) -> None:
    made = with_rules(one_filter("Lead Score", "at least", "1"), filter)
    made.begin()
    assert made.run() == "failed"
    (problem,) = made.execution.problems
    assert (problem.stage, problem.code) == ("export", "marketo_refused")
    assert f"{filter['name']!r} cannot be answered" in problem.message.replace('"', "'")
    assert why in problem.message
    assert "Let a smart campaign add its members to a static list" in problem.message
    assert "secret" not in problem.message
    assert made.marketo.calls["enqueue_export"] == 0


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"filterMatchType": "all", "filters": []}, "it has no filters"),
        ({**PERSONS_1, "triggers": [{"name": "Fills Out Form"}]}, "it has triggers"),
        ({**PERSONS_1, "filterMatchType": "most"}, "'most', which is none of"),
        ({**PERSONS_1, "filterMatchType": "custom", "filterCustomRuleLogic": "1 and 3"}, "'3' is not the number"),
        ({**PERSONS_1, "filterMatchType": "custom", "filterCustomRuleLogic": "1 and 2 or 1"}, "without brackets"),
        ({**PERSONS_1, "filterMatchType": "custom", "filterCustomRuleLogic": "(1 and 2"}, "not closed"),
        ({**PERSONS_1, "filterMatchType": "custom", "filterCustomRuleLogic": "1 2"}, "is not expected"),
        ({**PERSONS_1, "filterMatchType": "custom"}, "cannot be read"),
    ],
)
def test_rules_that_cannot_be_read_for_sure_end_it_as_well(rules: dict[str, Any], why: str) -> None:
    made = world()
    made.marketo.smart_rules[SMART] = rules
    made.begin()
    assert made.run() == "failed"
    assert why in made.execution.problems[0].message


def test_what_is_undone_is_asked_for_by_id_whatever_the_list_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "FEW", 0)
    made = world("email_hash", exports=True)
    before = made.marketo.store.rows[2]["email"]
    ran(made)
    assert written(made) == extract(made)["id"].to_list()
    made.marketo.exports_smart_lists = False
    made.marketo.smart_rules[SMART] = {}  # nor does it show what it asks for
    beginning = Beginning(made.connections, MemoryServices(), made.executions, made.log, made.workflows)
    begin_undo(beginning, made.files, made.get("e-1"), id="e-2", now=made.clock())
    made.current = "e-2"
    refused = made.marketo.calls["create_export"]
    assert made.run() == "done"
    assert made.marketo.calls["create_export"] == refused + 1
    assert written(made) == []
    assert made.marketo.store.rows[2]["email"] == before


def written(made: World) -> list[int]:
    return [lead for lead, row in made.marketo.store.rows.items() if row.get("emailSha256")]


def test_activities_of_a_smart_lists_members_are_imported_as_well() -> None:
    found = []
    for exports in (True, False):
        made = importing(*[activity(number, number, NOON - DAY) for number in range(1, 30)], leads=29, everybody=False)
        made.marketo.add_list("smart", SMART, "Persons 1", [number for number in range(1, 30) if str(number)[0] == "1"])
        made.marketo.smart_rules[SMART] = PERSONS_1 | {"filters": PERSONS_1["filters"][:1]}
        for row in made.marketo.store.rows.values():
            row["createdAt"] = "2025-05-05T00:00:00Z"
        made.list = ListReference("smart", SMART, "Persons 1")
        made.marketo.exports_smart_lists = exports
        ran(made)
        found.append((sorted(made.events), made.execution.progress.leads))
    assert found[0] == found[1]
    assert len(found[0][0]) == found[0][1] == 11


def test_what_changed_alone_is_read_of_such_a_list_as_well() -> None:
    made = world("dedupe")
    made.rules = {**made.rules, "scope": {"incremental": True}}
    ran(made)
    changed = extract(made)["id"][0]
    made.marketo.store.rows[changed] |= {"firstName": "Somebody else", "updatedAt": "2026-05-31T00:00:00Z"}
    made.clock.now += DAY
    made.begin("e-2")
    assert made.run() == "done"
    assert (made.get("e-1").results["incremental"], made.get("e-2").results["incremental"]) == (False, True)
    assert made.get("e-2").progress.leads == made.get("e-1").progress.leads
    assert made.get("e-2").results["windows"] == 29
