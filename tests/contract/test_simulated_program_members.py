"""Bulk extract of program members by the simulator, against the reference of Marketo's API."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.marketo_simulator.clock import timestamp
from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

EXPORTS = "/bulk/v1/program/members/export"
FIELDS = ["leadId", "firstName", "statusName", "reachedSuccess", "isExhausted", "nurtureCadence", "membershipDate"]


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        ada, bo = running.add_leads({"firstName": "Ada"}, {"firstName": "Bo"})
        moment = timestamp(running.instance.clock.now())
        with running.instance.store.writing() as cursor:
            for program, name in ((11, "Webinar"), (12, "Nurture")):
                cursor.execute("insert into programs values (?, ?, 'Webinar', 21, ?)", [program, name, moment])
            for row in ((11, ada, "Invited", False, False, "norm"), (12, bo, "Member", True, True, "pause")):
                cursor.execute("insert into program_members values (?, ?, ?, ?, ?, ?, ?, ?)", [*row, moment, moment])
        yield running


def exported(marketo: SimulatedMarketo, **filter: Any) -> list[dict[str, str]]:
    (job,) = marketo.result("POST", f"{EXPORTS}/create.json", json={"fields": FIELDS, "filter": filter})
    marketo.result("POST", f"{EXPORTS}/{job['exportId']}/enqueue.json")
    marketo.advance(300)
    text = marketo.ask("GET", f"{EXPORTS}/{job['exportId']}/file.json").content.decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_members_of_one_program_with_booleans_as_numbers(marketo: SimulatedMarketo) -> None:
    (row,) = exported(marketo, programId=11)
    assert row == {
        "leadId": row["leadId"],
        "firstName": "Ada",
        "statusName": "Invited",
        "reachedSuccess": "0",
        "isExhausted": "0",
        "nurtureCadence": "norm",
        "membershipDate": "2026-11-22T10:00:00Z",
    }


def test_of_several_programs_the_first_column_says_which(marketo: SimulatedMarketo) -> None:
    rows = exported(marketo, programIds=[11, 12])
    assert next(iter(rows[0])) == "programId"
    assert [row["programId"] for row in rows] == ["11", "12"]


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ({"isExhausted": True}, ["Bo"]),
        ({"nurtureCadence": "paused"}, ["Bo"]),
        ({"nurtureCadence": "norm"}, ["Ada"]),
        ({"statusNames": ["Invited", "Member"], "isExhausted": False}, ["Ada"]),
        ({"updatedAt": {"startAt": "2026-11-22T00:00:00Z", "endAt": "2026-11-22T09:59:59Z"}}, []),
    ],
)
def test_filters_are_all_to_be_met(marketo: SimulatedMarketo, filter: dict[str, Any], names: list[str]) -> None:
    assert [row["firstName"] for row in exported(marketo, programIds=[11, 12], **filter)] == names


@pytest.mark.parametrize(
    ("filter", "code"),
    [
        ({"isExhausted": True}, "1003"),
        ({"programId": 11, "programIds": [12]}, "1003"),
        ({"programIds": list(range(11))}, "1003"),
        ({"programId": 11, "nurtureCadence": "never"}, "1003"),
        ({"programId": 11, "isExhausted": "yes"}, "1003"),
    ],
)
def test_filters_are_checked(marketo: SimulatedMarketo, filter: dict[str, Any], code: str) -> None:
    assert marketo.refusal("POST", f"{EXPORTS}/create.json", json={"fields": FIELDS, "filter": filter})[0] == code
    marketo.instance.switches.smart_list_exports = False
    body = {
        "fields": FIELDS,
        "filter": {"programId": 11, "updatedAt": {"startAt": "2026-11-22", "endAt": "2026-11-23"}},
    }
    assert marketo.refusal("POST", f"{EXPORTS}/create.json", json=body)[0] == "1035"


def test_fields_are_those_of_members(marketo: SimulatedMarketo) -> None:
    body = {"fields": ["leadId", "shoeSize"], "filter": {"programId": 11}}
    assert marketo.refusal("POST", f"{EXPORTS}/create.json", json=body) == ("1003", "Invalid fields [shoeSize]")
