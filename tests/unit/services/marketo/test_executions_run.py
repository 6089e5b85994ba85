"""An execution from its beginning to its end, and everything that Marketo may do meanwhile."""

from dataclasses import replace

import orjson
import pytest
from touchline.domain.marketo.api import ImportJob
from touchline.domain.marketo.connections import Connection, Share
from touchline.domain.marketo.ledger import Reservation
from touchline.domain.marketo.services import ListReference
from touchline.errors import (
    CredentialsRefused,
    MarketoLimitReached,
    MarketoRefused,
    MarketoUnavailable,
    NotFound,
)
from touchline.services.marketo.work import Sizes

from tests.unit.services.marketo.leads import capitalise, instance
from tests.unit.services.marketo.world import NOON, TENANT, World

RULES = {
    "match": [{"name": "person", "fields": [{"field": name} for name in ("email", "firstName", "lastName")]}],
    "outcome": {"kind": "merge"},
}


def world(count: int = 40, *, polls: int = 0, **more: object) -> World:
    made = World(instance(count, polls=polls), **{"rules": RULES, **more})  # type: ignore[arg-type]
    made.perform["work"] = capitalise
    return made


def names(made: World) -> list[str]:
    return [str(row["firstName"]) for row in made.marketo.store.rows.values()]


def test_what_changed_is_written_and_nothing_else() -> None:
    made = world()
    made.begin()
    assert made.run() == "done"
    assert names(made) == [f"Ada {number}" for number in range(1, 41)]
    ended = made.execution
    assert (ended.state, ended.progress.leads, ended.progress.changes) == ("completed", 40, 20)
    assert ended.results["written"] == 20
    assert ended.results["success_rate"] == 1.0
    assert ended.results["verified_differ"] == 0
    assert made.marketo.calls["update_leads"] == 1  # of 20 leads: a file would cost more calls
    assert made.notices.told[-1][1] == "execution.completed"


def test_the_report_names_each_change_and_no_cell_is_a_formula() -> None:
    made = world(4)
    made.marketo.store.rows[1]["firstName"] = "=cmd()+A"
    made.marketo.store.rows[3]["firstName"] = "ada, the 3rd"

    made.begin()
    made.run()
    report = made.files.get(TENANT, "e-1", "report/changes.csv").decode().splitlines()
    assert report[0] == "id,field,before,after,rule,key,reason"
    assert report[1:] == [
        "1,firstName,'=cmd()+A,'=cmd()+a,capital letters,k1,was small",
        '3,firstName,"ada, the 3rd","Ada, the 3rd",capital letters,k3,was small',
    ]


def test_many_leads_go_by_bulk_import() -> None:
    made = world(3_000)
    made.begin()
    made.run()
    assert made.marketo.calls["import_leads"] == 1
    assert made.marketo.calls["update_leads"] == 0
    assert made.execution.results["written"] == 1_500
    assert names(made) == [f"Ada {number}" for number in range(1, 3_001)]
    journal = orjson.loads(made.files.get(TENANT, "e-1", "journal/import-00000.json"))
    assert (journal["state"], journal["leads"], journal["refused"]) == ("complete", 1_500, [])


def test_what_undoes_it_is_there_before_anything_is_written() -> None:
    made = world(4)
    made.begin()
    made.marketo.faults["update_leads"] = [CredentialsRefused("Client id or secret are not good.")]
    assert made.run() == "failed"
    undo = orjson.loads(made.files.get(TENANT, "e-1", "undo/00000-00000.json"))
    assert undo == [{"id": 1, "firstName": "ada 1"}, {"id": 3, "firstName": "ada 3"}]


def test_an_extract_is_waited_for_ever_more_seldom() -> None:
    made = world(polls=12)
    made.begin()
    made.run()
    assert made.waited == [60] * 5 + [120] * 5 + [240] * 2
    assert made.execution.state == "completed"


def test_an_extract_comes_in_parts_cut_between_records() -> None:
    made = world(200, sizes=Sizes(part=1_000, piece=300))
    made.begin()
    made.run()
    parts = list(made.files.names(TENANT, "e-1", "extract/"))
    assert len(parts) > 10
    assert made.execution.state == "completed"
    assert made.execution.progress.leads == 200
    assert names(made) == [f"Ada {number}" for number in range(1, 201)]


def test_an_empty_list_is_no_trouble() -> None:
    made = world(2)
    made.marketo.members["static", 7] = []
    made.begin()
    assert made.run() == "done"
    assert (made.execution.progress.leads, made.marketo.calls["read_export"]) == (0, 0)


def test_a_cut_download_goes_on_at_its_byte() -> None:
    made = world(100)
    made.begin()
    made.marketo.cuts = [1_000, 2_500, 1]
    assert made.run() == "done"
    assert made.waited == []
    assert made.marketo.calls["read_export"] == 4


def test_a_file_that_is_not_there_yet_is_waited_for() -> None:
    made = world()
    made.marketo.faults["read_export"] = [NotFound("There is no file.")] * 2
    made.begin()
    assert made.run() == "done"
    assert made.waited == [30, 60]


def test_a_file_that_never_comes_is_exported_anew() -> None:
    made = world()
    made.marketo.faults["read_export"] = [NotFound("There is no file.")] * 6
    made.begin()
    assert made.run() == "done"
    assert made.marketo.calls["create_export"] == 2
    assert [problem.code for problem in made.execution.problems] == ["export_file_unreadable"]


def damage(made: World, *, times: int) -> None:
    """The next readings of the file give a byte that is not in it."""
    read = made.marketo.read_export
    left = [times]

    def damaged(kind: object, job: str, start: int, end: int) -> object:
        for piece in read(kind, job, start, end):  # type: ignore[arg-type]
            spoilt = left[0] > 0 and start == 0
            left[0] -= spoilt
            yield piece.replace(b"Byron", b"Myron", 1) if spoilt else piece

    made.marketo.read_export = damaged  # type: ignore[method-assign, assignment]


def test_a_damaged_file_is_read_again() -> None:
    made = world()
    damage(made, times=1)
    made.begin()
    assert made.run() == "done"
    assert made.marketo.calls["create_export"] == 1
    assert b"Myron" not in made.files.get(TENANT, "e-1", "extract/part-00000.csv")


def test_a_file_that_is_damaged_twice_is_exported_anew() -> None:
    made = world()
    damage(made, times=2)
    made.begin()
    assert made.run() == "done"
    assert made.marketo.calls["create_export"] == 2
    assert [problem.code for problem in made.execution.problems] == ["export_file_damaged"]


def test_an_export_that_fails_is_begun_anew_and_given_up_after_three_times() -> None:
    made = world(polls=5)

    def fail(stage: str) -> bool:
        for job, kept in made.marketo.jobs.jobs.items():
            if kept.state in ("Queued", "Processing"):
                made.marketo.jobs.jobs[job] = replace(kept, state="Failed", error="no room")
        return False

    made.begin()
    assert made.run(until=fail) == "failed"
    assert made.marketo.calls["create_export"] == 4
    assert made.execution.state == "failed"
    assert made.execution.problems[0].message == "Marketo's export job-1 is failed: no room."


@pytest.mark.parametrize("method", ["fields", "create_export", "enqueue_export", "get_export", "update_leads", "leads"])
def test_while_marketo_is_away_an_execution_waits_where_people_see_it(method: str) -> None:
    made = world()
    made.marketo.faults[method] = [MarketoUnavailable("Marketo does not answer.")] * 3
    made.begin()
    seen = []

    def look(stage: str) -> bool:
        waiting = made.execution.waiting
        if waiting is not None:
            seen.append((made.execution.state, waiting.code, waiting.until > made.clock() - 1))
        return False

    assert made.run(until=look) == "done"
    assert made.waited == [30, 60, 120]
    assert seen == [("waiting", "marketo_unavailable", True)] * 3
    assert made.execution.waiting is None


@pytest.mark.parametrize(
    ("method", "limit"),
    [
        ("create_export", "daily_calls"),
        ("enqueue_export", "export_queue"),
        ("create_export", "daily_bytes"),
        ("update_leads", "daily_calls"),
    ],
)
def test_a_limit_is_waited_for_until_it_ends(method: str, limit: str) -> None:
    made = world()
    until = NOON + 6 * 3_600_000
    made.begin()
    refusal = MarketoLimitReached("It is used up.", limit=limit, until=until)
    made.marketo.faults[method] = [refusal] * 24
    assert made.run() == "done"
    assert sum(made.waited) == 6 * 3_600  # looked at every quarter of an hour
    told = [facts for _, kind, facts in made.notices.told if kind == "execution.waiting"]
    assert [(facts["code"], facts["until"]) for facts in told] == [(limit, until)]


def test_what_others_reserved_is_waited_for() -> None:
    connection = Connection("c-1", "Acme", "https://123-abc-456.mktorest.com", "id", Share(calls_a_day=60))
    made = world(connection=connection)
    made.ledger.reserve(TENANT, connection, Reservation("another", 40, 0), NOON)
    made.begin()
    assert made.stage("reserve").status == "wait"
    waiting = made.execution.waiting
    assert waiting is not None
    assert (waiting.code, waiting.until) == ("daily_calls", NOON + 17 * 3_600_000)  # midnight in Chicago
    made.ledger.release(TENANT, connection, "another")
    assert made.run() == "done"
    assert made.ledger.day(TENANT, connection, made.clock()).reservations == ()


def test_smart_lists_that_an_instance_does_not_export_are_said_so() -> None:
    made = world(list=ListReference("smart", 9, "Possible duplicates"))
    made.marketo.add_list("smart", 9, "Possible duplicates", [1, 2])
    refusal = MarketoRefused("Unsupported filter type for target subscription", marketo_code="1035")
    made.marketo.faults["create_export"] = [refusal]
    made.marketo.smart_rules[9] = {}  # one of Marketo's own
    made.begin()
    assert made.run() == "failed"
    assert "static list" in made.execution.problems[0].message


def test_rules_whose_fields_are_gone_end_the_execution_with_the_reason() -> None:
    made = world(rules={"match": [{"name": "nick", "fields": [{"field": "nickname"}]}]})
    made.begin()
    assert made.run() == "failed"
    [problem] = made.execution.problems
    assert (problem.stage, problem.code) == ("export", "invalid_request")
    assert "nickname" in problem.message


def test_leads_that_marketo_refuses_are_named() -> None:
    made = world(6)
    made.begin()
    made.run(until=lambda stage: stage == "approve")
    del made.marketo.store.rows[3]
    made.run()
    ended = made.execution
    assert ended.state == "completed"
    assert (ended.results["written"], ended.results["refused"]) == (2, 1)
    assert [(problem.code, problem.leads) for problem in ended.problems] == [("leads_refused", (3,))]
    assert ended.results["success_rate"] == pytest.approx(2 / 3, abs=1e-6)


def test_more_changes_than_agreed_ask_a_person_first() -> None:
    made = world()

    def cautious(work: object, execution: object) -> object:
        step = capitalise(work, execution)  # type: ignore[arg-type]
        return replace(step, checkpoint={**step.checkpoint, "ask_above_share": 0.1})

    made.perform["work"] = cautious  # type: ignore[assignment]
    made.begin()
    assert made.run() == "asked"
    assert made.execution.state == "awaiting_approval"
    assert made.marketo.calls["update_leads"] == 0
    assert made.notices.told[-1][1] == "execution.awaiting_approval"
    assert "20 of 40 leads" in made.notices.told[-1][2]["reason"]


def test_what_differs_afterwards_is_said() -> None:
    made = world(6)
    made.begin()
    made.run(until=lambda stage: stage == "verify")
    made.marketo.store.rows[5]["firstName"] = "Somebody else's"
    made.run()
    assert [(problem.code, problem.leads) for problem in made.execution.problems] == [("values_differ", (5,))]


def test_an_import_is_asked_about_ever_more_seldom() -> None:
    made = world(3_000)
    get_import, left = made.marketo.get_import, iter(range(18))

    def slow(job: str) -> object:
        seen = get_import(job)
        assert seen is not None
        return seen if next(left, None) is None else replace(seen, state="Importing")

    made.marketo.get_import = slow  # type: ignore[method-assign, assignment]
    made.begin()
    assert made.run() == "done"
    assert made.waited == [15] * 5 + [30] * 5 + [60] * 5 + [120] * 3


def test_an_import_that_fails_as_a_whole_is_sent_again() -> None:
    made = world(3_000)
    get_import, fails = made.marketo.get_import, iter(["Failed"])

    def failing(job: str) -> object:
        seen = get_import(job)
        assert seen is not None
        state = next(fails, None)
        return replace(seen, state=state) if state else seen  # type: ignore[arg-type]

    made.marketo.get_import = failing  # type: ignore[method-assign, assignment]
    made.begin()
    assert made.run() == "done"
    assert made.marketo.calls["import_leads"] == 2
    assert made.execution.results["written"] == 1_500


def test_an_import_that_fails_each_time_ends_the_execution_and_says_why() -> None:
    made = world(3_000)

    def failing(job: str) -> object:
        return ImportJob(job, "Failed", message="The file is damaged")

    made.marketo.get_import = failing  # type: ignore[method-assign, assignment]
    made.begin()
    assert made.run() == "failed"
    assert made.marketo.calls["import_leads"] == 3
    assert "The file is damaged" in made.execution.problems[0].message
