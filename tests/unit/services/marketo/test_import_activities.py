"""Imports of activities from plan to events on the queue; what Marketo and the stores may do meanwhile; and again."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.adapters.event_json import read_bulk
from touchline.adapters.memory.marketo import MemoryMarketo
from touchline.adapters.memory.queue import MemoryEventQueue
from touchline.adapters.packing import ZstdPacking, read_frame
from touchline.domain.marketo.services import ListReference
from touchline.errors import MarketoUnavailable, StoreUnavailable
from touchline.services.marketo.import_activities import EventIntake
from touchline.services.marketo.work import Sizes

from tests.unit.services.marketo.world import NOON, TENANT, World

DAY = 86_400_000
EVERYBODY = ListReference("static", 7, "Everybody")


def iso(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def activity(guid: int, lead: int, at: int, type: int = 6, **more: Any) -> dict[str, Any]:
    return {
        "marketoGUID": str(guid),
        "leadId": lead,
        "activityDate": iso(at),
        "activityTypeId": type,
        "campaignId": 12,
        "primaryAttributeValueId": 13,
        "primaryAttributeValue": 'Launch.Mail "one",\ntwo',
        "attributes": {"Test Variant": 1},
    } | more


class Import(World):
    """`queue`: where events come."""

    def __init__(self, marketo: MemoryMarketo, rules: dict[str, Any], *, everybody: bool, sizes: Sizes | None) -> None:
        chosen: Any = None if everybody else EVERYBODY
        super().__init__(marketo, "activity_import", rules, sizes or Sizes(), list=chosen)
        self.queue = MemoryEventQueue()
        self.work = replace(self.work, more={"events": EventIntake(ZstdPacking(), self.queue)})

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [document for batch in self.queue.batches for _, document in read_bulk(read_frame(batch.frame))]

    @property
    def events(self) -> list[str]:
        return [document["id"] for document in self.documents if "action" in document]


def world(
    *activities: dict[str, Any],
    leads: int = 5,
    everybody: bool = True,
    sizes: Sizes | None = None,
    **rules: Any,
) -> Import:
    marketo = MemoryMarketo([{"id": number, "email": f"Person{number}@example.com"} for number in range(1, leads + 1)])
    marketo.add_list("static", 7, "Everybody", list(range(1, leads + 1)))
    marketo.activities.extend(activities)
    return Import(marketo, rules, everybody=everybody, sizes=sizes)


def ran(made: Import, execution: str = "e-1") -> Import:
    made.begin(execution)
    assert made.run() == "done"
    assert made.execution.state == "completed"
    return made


def test_activities_are_events_on_the_queue() -> None:
    made = ran(world(activity(1, 50, NOON - DAY), activity(2, 51, NOON - DAY, 10, attributes={"Device": "Mac"})))
    sent, opened = made.documents
    assert (sent["id"], sent["action"], sent["actor"]) == (
        *("marketo-c-1-1", "email_sent"),
        {"id": "marketo-c-1-50", "type": "lead"},
    )
    assert sent["@timestamp"] == NOON - DAY
    assert sent["context"] == {
        "campaign": "Launch",
        "channel": "email",
        "message": 'Launch.Mail "one", two',
        "variant": "1",
    }
    assert (opened["action"], "device=Mac" in opened["properties"]) == ("email_opened", True)
    assert sent["sequence"] < opened["sequence"]
    results = made.execution.results
    assert (results["activities"], results["events_accepted"], results["events_rejected"]) == (2, 2, 0)
    assert made.marketo.calls["import_leads"] + made.marketo.calls["update_leads"] == 0


def test_only_what_the_rules_take_is_asked_for() -> None:
    made = ran(world(activity(1, 1, NOON - DAY), activity(2, 1, NOON - DAY, 10), actions=["email_opened"]))
    assert made.events == ["marketo-c-1-2"]
    assert made.execution.results["activities"] == 1


def test_of_a_list_only_its_leads() -> None:
    activities = [activity(number, number, NOON - DAY) for number in range(1, 11)]
    made = ran(world(*activities, leads=4, everybody=False))
    assert made.events == [f"marketo-c-1-{number}" for number in range(1, 5)]
    assert made.execution.results["activities_of_others"] == 6
    assert made.execution.progress.leads == 4


def test_addresses_come_from_the_list_and_are_hashed() -> None:
    made = ran(world(activity(1, 2, NOON - DAY), everybody=False, people="address"))
    (sent,) = made.documents
    assert sent["actor"]["id"].startswith("email:")
    assert "person2" not in json.dumps(made.documents).lower()


def test_a_list_without_leads_imports_nothing() -> None:
    made = ran(world(activity(1, 1, NOON - DAY), leads=0, everybody=False))
    assert made.events == []


def test_what_cannot_be_told_is_set_aside_with_its_reason_and_stops_nothing() -> None:
    broken = activity(3, 1, NOON - DAY) | {"attributes": "{"}
    old = activity(2, 1, NOON - 20 * DAY)
    made = world(activity(1, 1, NOON - DAY), old, broken)
    made.work = replace(made.work, more={"events": EventIntake(ZstdPacking(), made.queue, max_age_days=10)})
    ran(made)
    rejected = {document["code"]: document for document in made.documents if "code" in document}
    assert rejected.keys() == {"timestamp_too_old", "malformed_json"}
    assert json.loads(rejected["malformed_json"]["original"])["marketoGUID"] == "3"
    assert json.loads(rejected["timestamp_too_old"]["original"])["id"] == "marketo-c-1-2"
    assert made.execution.results["events_rejected"] == 2
    (problem,) = made.execution.problems
    assert problem.code == "activities_rejected"


def test_the_next_import_begins_where_the_last_ended_and_looks_back() -> None:
    made = ran(world(activity(1, 1, NOON - 30 * DAY), activity(2, 1, NOON - DAY)))
    until = made.execution.results["imported_until"]
    assert NOON - 300_000 <= until <= made.clock()
    made.clock.now = NOON + 2 * DAY
    late = activity(3, 1, until - 3_600_000)  # noted only now
    made.marketo.activities += [late, activity(4, 1, NOON + DAY), activity(5, 1, until)]
    ran(made, "e-2")
    again = Counter({"marketo-c-1-2": 1})  # of the day before: it has the same id
    assert Counter(made.events) == again + Counter(f"marketo-c-1-{number}" for number in range(1, 6))
    assert made.execution.results["imported_until"] > until


def test_nothing_settled_since_asks_for_nothing() -> None:
    made = ran(world(activity(1, 1, NOON - DAY), late_hours=0))
    until, calls = made.execution.results["imported_until"], made.marketo.calls["create_export"]
    made.clock.now = until + 300_000
    ran(made, "e-2")
    assert made.execution.results["imported_until"] == until
    assert made.marketo.calls["create_export"] == calls


def test_a_failed_import_leaves_no_gap() -> None:
    made = ran(world(activity(1, 1, NOON - DAY), late_hours=0))
    made.clock.now = NOON + DAY
    made.marketo.activities.append(activity(2, 1, NOON + DAY // 2))
    made.begin("e-2")
    assert made.run(until=lambda stage: stage == "work") == "reached"
    made.close("failed", "Killed")
    made.clock.now = NOON + 2 * DAY
    ran(made, "e-3")
    assert made.events == ["marketo-c-1-1", "marketo-c-1-2"]


def test_an_export_that_fails_is_made_anew_and_each_activity_comes_once() -> None:
    made = world(activity(1, 1, NOON - DAY), activity(2, 1, NOON - 2 * DAY), everybody=False)
    made.begin()
    assert made.run(until=lambda stage: stage == "poll") == "reached"
    jobs = made.marketo.jobs.jobs
    jobs.update({name: replace(job, state="Failed", error="Broken") for name, job in jobs.items()})
    assert made.run() == "done"
    assert made.execution.state == "completed"
    assert Counter(made.events) == Counter(["marketo-c-1-1", "marketo-c-1-2"])


def test_a_year_is_asked_for_in_parts_and_comes_once() -> None:
    activities = [activity(number, 1, NOON - 300_000 - number * 5 * DAY + 86_399_000) for number in range(1, 74)]
    made = ran(world(*activities, first_days=365))
    assert made.marketo.calls["create_export"] == 12
    assert sorted(made.events) == sorted({f"marketo-c-1-{number}" for number in range(1, 74)})


def test_many_parts_give_what_one_gives() -> None:
    activities = [activity(number, number % 7, NOON - DAY - number * 60_000) for number in range(1, 300)]
    whole = ran(world(*activities, everybody=False))
    parts = ran(world(*activities, everybody=False, sizes=Sizes(part=3_000, piece=1_000)))
    assert sorted(parts.events) == sorted(whole.events)
    assert parts.execution.results == whole.execution.results | {
        "imported_until": parts.execution.results["imported_until"]
    }


def test_more_than_a_request_has_is_sent_in_several() -> None:
    made = ran(world(*[activity(number, 1, NOON - DAY - number * 1000) for number in range(1, 5_102)]))
    assert len(made.events) == len(set(made.events)) == 5_101
    sequences = [document["sequence"] for document in made.documents]
    assert len(set(sequences)) == 5_101


def test_a_queue_in_trouble_is_waited_for() -> None:
    made = world(activity(1, 1, NOON - DAY))
    sends = iter([StoreUnavailable("SQS is away."), StoreUnavailable("SQS is away.")])
    real = made.queue.send

    def send(batches: Any) -> None:
        if (trouble := next(sends, None)) is not None:
            raise trouble
        real(batches)

    made.queue.send = send  # type: ignore[method-assign]
    ran(made)
    assert made.events == ["marketo-c-1-1"]
    assert made.waited


@settings(max_examples=30, deadline=None)
@given(fails=st.sets(st.integers(0, 12), max_size=6), after=st.booleans())
def test_whatever_breaks_every_activity_comes_and_counts_once(fails: set[int], after: bool) -> None:  # noqa: FBT001
    activities = [activity(number, number % 7, NOON - DAY - number * 60_000) for number in range(1, 120)]
    made = world(*activities, everybody=False, sizes=Sizes(part=3_000, piece=100_000))
    made.marketo.faults["get_export"] = [MarketoUnavailable("away")] * (len(fails) % 3)
    real, sent = made.queue.send, iter(range(10_000))

    def send(batches: Any) -> None:
        number = next(sent)
        if number in fails and not after:
            raise StoreUnavailable("SQS is away.")
        real(batches)
        if number in fails:
            raise StoreUnavailable("SQS did not answer.")

    made.queue.send = send  # type: ignore[method-assign]
    ran(made)
    wanted = {f"marketo-c-1-{number}" for number in range(1, 120) if 1 <= number % 7 <= 5}
    assert set(made.events) == wanted
    assert made.execution.results["events_accepted"] == len(wanted)


@pytest.mark.parametrize("stage", ["reserve", "export", "poll", "download", "work", "approve", "report"])
def test_stopped_in_any_stage_it_goes_on_when_resumed(stage: str) -> None:
    from touchline.services.marketo.control_execution import resume_execution

    made = world(*[activity(number, 1, NOON - DAY - number * 1000) for number in range(1, 50)])
    made.begin()
    assert made.run(until=lambda reached: reached == stage) == "reached"
    made.close("stopped")
    assert made.execution.state == "stopped"
    resume_execution(made.executions, made.workflows, made.execution)
    assert made.run() == "done"
    assert set(made.events) == {f"marketo-c-1-{number}" for number in range(1, 50)}


def test_no_row_outlives_the_execution_where_it_should_not() -> None:
    made = ran(world(activity(1, 1, NOON - DAY), everybody=False, people="address"))
    told = json.dumps([dict(line) for line in made.log.lines[TENANT, "e-1"]], default=str)
    assert "example.com" not in told.lower()
    assert "example.com" not in json.dumps(dict(made.execution.checkpoints), default=str).lower()
