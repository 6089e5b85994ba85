"""Merges: nobody is merged twice, nobody who has changed, and what is unsure is read before anything else."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.marketo.files import class_of
from touchline.errors import MarketoLimitReached, MarketoRefused, MarketoUnavailable, PermissionMissing

from tests.unit.services.marketo.leads import instance
from tests.unit.services.marketo.test_crashes import Deaths, survive
from tests.unit.services.marketo.world import NOON, TENANT, World

MERGE = {"outcome": {"kind": "merge"}, "ask_above_share": 1.0, "survivor": {"prefer": []}}
TIMED_OUT = MarketoUnavailable("Marketo gave up answering.", marketo_code="604")


def world(count: int = 20, rules: dict[str, Any] | None = None) -> World:
    """Leads 2 and 3, 4 and 5, … are one person each."""
    made = World(instance(count), rules=rules or MERGE)
    merge, made.merges = made.marketo.merge_leads, Counter()

    def counted(winner: int, losers: Sequence[int], *, in_crm: bool) -> None:
        there = [lead for lead in losers if lead in made.marketo.store.rows]
        merge(winner, losers, in_crm=in_crm)
        made.merges.update(there)

    made.marketo.merge_leads = counted  # type: ignore[method-assign]
    return made


def journal(made: World) -> list[dict[str, Any]]:
    return list(orjson.loads(made.files.get(TENANT, "e-1", "journal/merges-00000.json")))


def test_each_group_is_merged_into_its_survivor() -> None:
    made = world()
    made.begin()
    assert made.run() == "done"
    assert sorted(made.marketo.store.rows) == [1, *range(2, 21, 2)]
    assert (made.execution.results["merged"], made.execution.results["merges_left_out"]) == (9, 0)
    assert {one["state"] for one in journal(made)} == {"merged"}
    assert [one["survivor"] for one in journal(made)] == list(range(2, 20, 2))
    assert made.execution.problems == ()


def test_whole_rows_are_kept_before_they_are_merged() -> None:
    made = world(4)
    made.begin()
    made.run()
    kept = orjson.loads(made.files.get(TENANT, "e-1", "undo/merges-00000.json"))
    assert [(row["id"], row["email"]) for row in kept] == [(2, "person1@example.com"), (3, "person1@example.com")]


@pytest.mark.parametrize(("faults", "calls"), [("late_faults", 9), ("faults", 10)], ids=["done", "not done"])
def test_a_merge_whose_answer_got_lost_is_looked_at_first(faults: str, calls: int) -> None:
    made = world()
    getattr(made.marketo, faults)["merge_leads"] = [TIMED_OUT]
    made.begin()
    made.run(until=lambda stage: made.execution.state == "waiting")
    waiting = made.execution.waiting
    assert waiting is not None
    assert waiting.code == "merge_unconfirmed"
    assert [one["state"] for one in journal(made)][:2] == ["sending", "planned"]
    assert made.run() == "done"
    assert made.waited == [200]  # longer than Marketo works on a merge
    assert sorted(made.marketo.store.rows) == [1, *range(2, 21, 2)]
    assert made.marketo.calls["merge_leads"] == calls
    assert made.execution.results["merged"] == 9


@pytest.mark.parametrize("code", ["712", "714", "1004", "1076", "1077", "1078", "1079"])
def test_what_marketo_or_salesforce_does_not_take_is_left_out_and_said(code: str) -> None:
    made = world()
    made.marketo.faults["merge_leads"] = [MarketoRefused("No.", marketo_code=code)]
    made.begin()
    assert made.run() == "done"
    assert sorted(made.marketo.store.rows) == [1, 2, 3, *range(4, 21, 2)]
    [problem] = made.execution.problems
    assert (problem.code, problem.leads) == (f"merge_left_out_marketo_{code}", (2,))


def test_without_the_permission_nothing_is_merged() -> None:
    made = world()
    made.marketo.faults["merge_leads"] = [PermissionMissing("Access denied", marketo_code="603")]
    made.begin()
    assert made.run() == "failed"
    assert len(made.marketo.store.rows) == 20
    assert made.execution.problems[0].code == "marketo_permission_missing"


def test_who_has_changed_since_the_extract_is_left_alone() -> None:
    made = world()
    made.begin()
    made.run(until=lambda stage: stage == "write_back")
    made.marketo.store.rows[5]["email"] = "another@example.com"
    del made.marketo.store.rows[7]
    del made.marketo.store.rows[8]
    made.run()
    left = {problem.code: problem.leads for problem in made.execution.problems}
    assert left == {
        "leads_refused": (8,),
        "merge_left_out_changed_since_extract": (4,),
        "merge_left_out_loser_gone": (6,),
        "merge_left_out_winner_gone": (8,),
    }
    assert {4, 5, 6, 9} <= set(made.marketo.store.rows)
    assert made.execution.results["merged"] == 6


def test_chosen_values_are_written_before_the_merge_and_do_not_count_as_a_change() -> None:
    values = {"fields": {"leadScore": "max", "email": "first_non_empty"}}
    made = world(rules={**MERGE, "values": values, "outcome": {"kind": "merge", "survivor_values": True}})
    made.begin()
    assert made.run() == "done"
    assert made.execution.results["merged"] == 9
    assert made.marketo.store.rows[2]["leadScore"] == 3


def test_what_is_merged_over_weeks_needs_nothing_that_is_gone_in_days() -> None:
    values = {"fields": {"leadScore": "max"}}
    made = world(rules={**MERGE, "values": values, "outcome": {"kind": "merge", "survivor_values": True}})
    made.marketo.faults["merge_leads"] = [MarketoLimitReached("full", limit="daily_calls", until=NOON + 90_000)]
    made.begin()
    made.run(until=lambda stage: made.execution.waiting is not None)
    assert made.execution.progress.stage == "write_back"
    for name in made.files.names(TENANT, "e-1"):
        if class_of(name) == "working":
            made.files.delete(TENANT, "e-1", name)
    assert made.run() == "done"
    assert made.execution.results["merged"] == 9


def test_whose_values_were_refused_is_not_merged() -> None:
    values = {"fields": {"leadScore": "max"}}
    made = world(rules={**MERGE, "values": values, "outcome": {"kind": "merge", "survivor_values": True}})
    update = made.marketo.update_leads

    def picky(rows: Sequence[dict[str, Any]]) -> Any:
        return update([{**row, "id": 999} if row["id"] == 4 else row for row in rows])

    made.marketo.update_leads = picky  # type: ignore[method-assign]
    made.begin()
    made.run()
    assert {4, 5} <= set(made.marketo.store.rows)
    assert [one["reason"] for one in journal(made) if one["group"] == 4] == ["values_not_written"]


@settings(max_examples=80)
@given(
    st.dictionaries(st.integers(1, 110), st.booleans(), max_size=5),
    st.lists(st.booleans(), max_size=3),
)
def test_nobody_is_merged_twice_wherever_it_is_killed(deaths: dict[int, bool], lost: list[bool]) -> None:
    made = world()
    for late in lost:
        (made.marketo.late_faults if late else made.marketo.faults).setdefault("merge_leads", []).append(TIMED_OUT)
    made.begin()
    Deaths(made, deaths)
    survive(made)
    assert made.execution.state == "completed"
    assert sorted(made.marketo.store.rows) == [1, *range(2, 21, 2)]
    assert max(made.merges.values()) == 1
    assert made.execution.results["merged"] == 9
    assert {one["state"] for one in journal(made)} == {"merged"}


def test_the_report_says_of_each_loser_what_became_of_it() -> None:
    made = world(6)
    made.marketo.faults["merge_leads"] = [MarketoRefused("No.", marketo_code="712")]
    made.begin()
    made.run()
    report = made.files.get(TENANT, "e-1", "report/merges.csv").decode().splitlines()
    assert report[0] == "group,winner,loser,position,rule,key,reason,state,left_out_because"
    assert [line.rsplit(",", 2)[1:] for line in report[1:]] == [["left_out", "marketo_712"], ["merged", ""]]
    assert [line.split(",")[:3] for line in report[1:]] == [["2", "2", "3"], ["4", "4", "5"]]
