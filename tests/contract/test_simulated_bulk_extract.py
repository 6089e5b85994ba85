"""Bulk extract of the simulator against the reference of Marketo's API: jobs, queue, quota, files, ranges."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

LEADS = "/bulk/v1/leads/export"
JOB_DONE_AFTER = 26 + 99 + 60  # seconds: the queue, the work, and until Marketo looks


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        yield running


@pytest.fixture
def everybody(marketo: SimulatedMarketo) -> int:
    """A static list of three leads."""
    leads = marketo.add_leads(
        {"email": "ada@example.com", "firstName": "Ada", "lastName": 'O"Hara, Ltd', "unsubscribed": True},
        {"email": "bo@example.com", "firstName": "Bo\nBo", "leadScore": 7},
        {"email": None, "firstName": "null", "lastName": "Ünïcode"},
    )
    return marketo.add_list("Everybody", leads)


def order(list_id: int, **more: Any) -> dict[str, Any]:
    return {"fields": ["id", "email", "firstName", "lastName"], "filter": {"staticListId": list_id}} | more


def created(marketo: SimulatedMarketo, body: dict[str, Any], path: str = LEADS) -> str:
    (job,) = marketo.result("POST", f"{path}/create.json", json=body)
    return str(job["exportId"])


def enqueued(marketo: SimulatedMarketo, body: dict[str, Any], path: str = LEADS) -> str:
    job = created(marketo, body, path)
    marketo.result("POST", f"{path}/{job}/enqueue.json")
    return job


def status(marketo: SimulatedMarketo, job: str, path: str = LEADS) -> dict[str, Any]:
    (found,) = marketo.result("GET", f"{path}/{job}/status.json")
    return found


def finished(marketo: SimulatedMarketo, body: dict[str, Any], path: str = LEADS) -> tuple[dict[str, Any], bytes]:
    job = enqueued(marketo, body, path)
    marketo.advance(JOB_DONE_AFTER)
    told = status(marketo, job, path)
    assert told["status"] == "Completed", told
    return told, marketo.ask("GET", f"{path}/{job}/file.json").content


def test_a_job_goes_from_created_to_completed_and_tells_only_what_is_known(
    marketo: SimulatedMarketo, everybody: int
) -> None:
    (job,) = marketo.result("POST", f"{LEADS}/create.json", json=order(everybody))
    assert job == {
        "exportId": job["exportId"],
        "format": "CSV",
        "status": "Created",
        "createdAt": "2026-11-22T10:00:00Z",
    }
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", job["exportId"])
    marketo.advance(5)
    (queued,) = marketo.result("POST", f"{LEADS}/{job['exportId']}/enqueue.json")
    assert queued == job | {"status": "Queued", "queuedAt": "2026-11-22T10:00:05Z"}
    marketo.advance(60)
    running = status(marketo, job["exportId"])
    assert running == queued | {"status": "Processing", "startedAt": "2026-11-22T10:00:31Z"}
    marketo.advance(120)
    done = status(marketo, job["exportId"])
    assert done.items() >= (running | {"status": "Completed", "finishedAt": "2026-11-22T10:02:10Z"}).items()
    assert done["numberOfRecords"] == 3
    assert done.keys() - running.keys() == {"finishedAt", "numberOfRecords", "fileSize", "fileChecksum"}


def test_what_is_told_of_a_job_is_up_to_a_minute_old(marketo: SimulatedMarketo, everybody: int) -> None:
    job = enqueued(marketo, order(everybody))
    seen = []
    for _ in range(40):
        seen.append(status(marketo, job)["status"])
        marketo.advance(5)
    changes = [place * 5 for place in range(1, 40) if seen[place] != seen[place - 1]]
    assert changes == [60, 180]
    assert list(dict.fromkeys(seen)) == ["Queued", "Processing", "Completed"]


def test_the_file_is_what_its_size_checksum_and_count_say(marketo: SimulatedMarketo, everybody: int) -> None:
    job, file = finished(marketo, order(everybody))
    assert job["fileSize"] == len(file)
    assert job["fileChecksum"] == f"sha256:{hashlib.sha256(file).hexdigest()}"
    rows = list(csv.reader(io.StringIO(file.decode(), newline="")))
    assert len(rows) == job["numberOfRecords"] + 1
    assert rows[0] == ["id", "email", "firstName", "lastName"]
    assert rows[1][1:] == ["ada@example.com", "Ada", 'O"Hara, Ltd']
    assert rows[2][2] == "Bo\nBo"


def test_bytes_are_as_marketo_writes_them(marketo: SimulatedMarketo, everybody: int) -> None:
    _, file = finished(
        marketo,
        order(everybody, fields=["firstName", "lastName", "email", "unsubscribed", "leadScore", "createdAt"]),
    )
    assert file.decode() == (
        "firstName,lastName,email,unsubscribed,leadScore,createdAt\n"
        'Ada,"O""Hara, Ltd",ada@example.com,true,null,2026-11-22T10:00:00Z\n'
        '"Bo\nBo",null,bo@example.com,false,7,2026-11-22T10:00:00Z\n'
        '"null",Ünïcode,null,false,null,2026-11-22T10:00:00Z\n'
    )


@pytest.mark.parametrize(("format", "delimiter"), [("CSV", ","), ("TSV", "\t"), ("SSV", ";"), ("tsv", "\t")])
def test_formats_and_renamed_headers(marketo: SimulatedMarketo, everybody: int, format: str, delimiter: str) -> None:
    names = {"id": "marketo_id"}
    job, file = finished(marketo, order(everybody, format=format, columnHeaderNames=names))
    assert job["format"] == format.upper()
    assert file.decode().split("\n")[0].split(delimiter) == ["marketo_id", "email", "firstName", "lastName"]


def test_the_whole_file_and_its_type(marketo: SimulatedMarketo, everybody: int) -> None:
    job, file = finished(marketo, order(everybody))
    whole = marketo.ask("GET", f"{LEADS}/{job['exportId']}/file.json", headers={"Accept-Encoding": "gzip"})
    assert whole.status_code == 200
    assert whole.headers["Content-Type"] == "text/csv;charset=UTF-8"
    assert whole.headers["Content-Length"] == str(len(file))
    assert "Content-Encoding" not in whole.headers


@pytest.mark.parametrize("piece", [1, 7, 64, 10_000])
def test_pieces_put_together_are_the_file(marketo: SimulatedMarketo, everybody: int, piece: int) -> None:
    job, file = finished(marketo, order(everybody))
    parts = []
    for start in range(0, len(file), piece):
        wanted = f"bytes={start}-{start + piece - 1}"
        part = marketo.ask("GET", f"{LEADS}/{job['exportId']}/file.json", headers={"Range": wanted})
        assert part.status_code == 206
        assert part.headers["Accept-Ranges"] == "bytes"
        end = min(start + piece, len(file)) - 1
        assert part.headers["Content-Range"] == f"bytes {start}-{end}/{len(file)}"
        parts.append(part.content)
    assert b"".join(parts) == file


def test_the_rest_of_a_file_and_its_first_byte(marketo: SimulatedMarketo, everybody: int) -> None:
    job, file = finished(marketo, order(everybody))
    path = f"{LEADS}/{job['exportId']}/file.json"
    assert marketo.ask("GET", path, headers={"Range": "bytes=10-"}).content == file[10:]
    assert marketo.ask("GET", path, headers={"Range": "bytes=0-0"}).content == file[:1]
    assert marketo.ask("GET", path, headers={"Range": f"bytes={len(file)}-"}).status_code == 416


def test_no_file_before_its_time_nor_of_unknown_jobs(marketo: SimulatedMarketo, everybody: int) -> None:
    job = enqueued(marketo, order(everybody))
    for path in (job, "3fadb012-5810-40ba-a5ca-56300ecf10d4"):
        answer = marketo.ask("GET", f"{LEADS}/{path}/file.json")
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain;charset=UTF-8")


def test_a_file_is_kept_for_seven_days_and_its_job_for_thirty(marketo: SimulatedMarketo, everybody: int) -> None:
    job, _ = finished(marketo, order(everybody))
    path = f"{LEADS}/{job['exportId']}"
    marketo.advance(6 * 86_400)
    assert marketo.ask("GET", f"{path}/file.json").status_code == 200
    marketo.advance(1 * 86_400)
    assert marketo.ask("GET", f"{path}/file.json").status_code == 404
    assert status(marketo, job["exportId"])["status"] == "Completed"
    assert marketo.result("GET", f"{LEADS}.json") == []
    marketo.advance(24 * 86_400)
    assert marketo.refusal("GET", f"{path}/status.json")[0] == "1013"


def test_who_is_on_the_list_when_work_begins_is_in_the_file(marketo: SimulatedMarketo, everybody: int) -> None:
    job = enqueued(marketo, order(everybody))
    (late,) = marketo.add_leads({"email": "late@example.com"})
    with marketo.instance.store.writing() as cursor:
        cursor.execute("insert into static_list_members values (?, ?, now())", [everybody, late])
    marketo.advance(30)
    status(marketo, job)
    with marketo.instance.store.writing() as cursor:
        cursor.execute("delete from static_list_members")
    marketo.advance(JOB_DONE_AFTER)
    assert status(marketo, job)["numberOfRecords"] == 4


def test_an_empty_list_gives_a_header_and_no_records(marketo: SimulatedMarketo) -> None:
    job, file = finished(marketo, order(marketo.add_list("Nobody", [])))
    assert (job["numberOfRecords"], file) == (0, b"id,email,firstName,lastName\n")


def test_two_are_at_work_and_ten_in_line_and_all_objects_share_the_line(
    marketo: SimulatedMarketo, everybody: int
) -> None:
    activities = "/bulk/v1/activities/export"
    body = {"filter": {"createdAt": {"startAt": "2026-11-01T00:00:00Z", "endAt": "2026-11-02T00:00:00Z"}}}
    jobs = [enqueued(marketo, order(everybody)) for _ in range(5)]
    jobs_of_activities = [enqueued(marketo, body, activities) for _ in range(5)]
    eleventh = created(marketo, order(everybody))
    assert marketo.refusal("POST", f"{LEADS}/{eleventh}/enqueue.json") == ("1029", "Too many jobs in queue")
    marketo.advance(60)
    told = [status(marketo, job)["status"] for job in jobs]
    told += [status(marketo, job, activities)["status"] for job in jobs_of_activities]
    assert told == ["Processing"] * 2 + ["Queued"] * 8
    marketo.advance(JOB_DONE_AFTER)
    marketo.result("POST", f"{LEADS}/{eleventh}/enqueue.json")


def test_a_job_is_enqueued_once(marketo: SimulatedMarketo, everybody: int) -> None:
    job = enqueued(marketo, order(everybody))
    assert marketo.refusal("POST", f"{LEADS}/{job}/enqueue.json") == ("1029", "Job already queued")
    marketo.advance(JOB_DONE_AFTER)
    assert marketo.refusal("POST", f"{LEADS}/{job}/enqueue.json") == ("1029", "Job already queued")


def test_the_days_bytes_are_used_up_until_midnight_in_chicago(marketo: SimulatedMarketo, everybody: int) -> None:
    waiting = created(marketo, order(everybody))
    finished(marketo, order(everybody))
    marketo.instance.switches.export_bytes_a_day = 10
    for path, more in ((f"{LEADS}/create.json", {"json": order(everybody)}), (f"{LEADS}/{waiting}/enqueue.json", {})):
        assert marketo.refusal("POST", path, **more) == ("1029", "Export daily quota 0MB exceeded.")
    marketo.advance(20 * 3600 - JOB_DONE_AFTER - 1)  # 05:59:59 UTC, a second before midnight there
    assert marketo.refusal("POST", f"{LEADS}/{waiting}/enqueue.json")[0] == "1029"
    marketo.advance(1)
    assert marketo.result("POST", f"{LEADS}/{waiting}/enqueue.json")[0]["status"] == "Queued"


def test_the_quotas_message_is_the_one_that_clients_look_for(marketo: SimulatedMarketo, everybody: int) -> None:
    finished(marketo, order(everybody))
    marketo.instance.bulk.bytes_today = lambda: 500_000_000  # type: ignore[method-assign]
    refusal = marketo.refusal("POST", f"{LEADS}/create.json", json=order(everybody))
    assert refusal == ("1029", "Export daily quota 500MB exceeded.")


def test_a_cancelled_job_stays_cancelled_and_gives_its_place(marketo: SimulatedMarketo, everybody: int) -> None:
    job = enqueued(marketo, order(everybody))
    (told,) = marketo.result("POST", f"{LEADS}/{job}/cancel.json")
    assert told["status"] == "Cancelled"
    marketo.advance(JOB_DONE_AFTER)
    assert status(marketo, job)["status"] == "Cancelled"
    assert marketo.ask("GET", f"{LEADS}/{job}/file.json").status_code == 404
    assert marketo.refusal("POST", f"{LEADS}/{job}/enqueue.json")[0] == "1029"


def test_jobs_are_listed_by_state_and_page(marketo: SimulatedMarketo, everybody: int) -> None:
    jobs = [created(marketo, order(everybody)) for _ in range(3)]
    marketo.result("POST", f"{LEADS}/{jobs[0]}/enqueue.json")
    marketo.result("POST", f"{LEADS}/{jobs[1]}/cancel.json")

    def listed(query: str) -> set[str]:
        return {job["exportId"] for job in marketo.result("GET", f"{LEADS}.json?{query}")}

    assert listed("") == set(jobs)
    assert listed("status=Queued") == {jobs[0]}
    assert listed("status=Queued,Canceled") == listed("status=Queued&status=Cancelled") == {jobs[0], jobs[1]}
    first = marketo.ask("GET", f"{LEADS}.json?batchSize=2").json()
    second = marketo.ask("GET", f"{LEADS}.json?batchSize=2&nextPageToken={first['nextPageToken']}").json()
    assert {job["exportId"] for page in (first, second) for job in page["result"]} == set(jobs)
    assert "nextPageToken" not in second


def test_only_who_made_a_job_sees_it(marketo: SimulatedMarketo, everybody: int) -> None:
    job = created(marketo, order(everybody))
    marketo.instance.bulk.exports.change(job, lambda one: type(one)(**{**_parts(one), "user": "else@example.test"}))
    assert marketo.refusal("GET", f"{LEADS}/{job}/status.json")[0] == "1013"
    assert marketo.ask("GET", f"{LEADS}/{job}/file.json").status_code == 404
    assert marketo.result("GET", f"{LEADS}.json") == []


def _parts(job: Any) -> dict[str, Any]:
    return {name: getattr(job, name) for name in job.__dataclass_fields__}


@pytest.mark.parametrize(
    ("filter", "code", "says"),
    [
        ({}, "1003", "filter"),
        (None, "1003", "filter"),
        ({"staticListId": 1, "createdAt": {"startAt": "2026-01-01", "endAt": "2026-01-02"}}, "1003", "Exactly one"),
        ({"staticListId": 999_999}, "1003", "999999"),
        ({"staticListName": "nowhere"}, "1003", "nowhere"),
        ({"smartListId": 999_999}, "1003", "999999"),
        ({"colour": "red"}, "1003", "colour"),
        ({"createdAt": {"startAt": "2026-01-01T00:00:00Z"}}, "1003", "endAt"),
        ({"createdAt": {"startAt": "2026-01-02T00:00:00Z", "endAt": "2026-01-01T00:00:00Z"}}, "1003", "before"),
        ({"createdAt": {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-02-01T00:00:01Z"}}, "1003", "31 days"),
        ({"createdAt": {"startAt": "yesterday", "endAt": "today"}}, "1003", "yesterday"),
        ({"createdAt": {"startAt": "0001-01-01T00:00:00+14:00", "endAt": "0001-01-02"}}, "1003", "out of range"),
        ({"staticListId": 10**40}, "1003", "staticListId"),
        ({"staticListId": True}, "1003", "staticListId"),
        ({"staticListName": "a\0b"}, "1003", "staticListName"),
        ({"smartListName": "\ud800"}, "1003", "smartListName"),
    ],
)
def test_filters_are_checked(marketo: SimulatedMarketo, filter: Any, code: str, says: str) -> None:
    found = marketo.refusal("POST", f"{LEADS}/create.json", json={"fields": ["id"], "filter": filter})
    assert found[0] == code
    assert says in found[1]


@pytest.mark.parametrize("fields", [None, [], "id"])
def test_fields_are_required(marketo: SimulatedMarketo, everybody: int, fields: Any) -> None:
    assert marketo.refusal("POST", f"{LEADS}/create.json", json=order(everybody, fields=fields))[0] == "1003"


@pytest.mark.parametrize("headers", [{"id": "a\0b"}, {"id": "\ud800"}, {"id": ""}, {"id": 7}, ["id"], {"fax": "f"}])
def test_headers_are_checked(marketo: SimulatedMarketo, everybody: int, headers: Any) -> None:
    body = order(everybody, columnHeaderNames=headers)
    assert marketo.refusal("POST", f"{LEADS}/create.json", json=body)[0] == "1003"


def test_unknown_fields_are_named(marketo: SimulatedMarketo, everybody: int) -> None:
    body = order(everybody, fields=["id", "site", "email", "fax"])
    assert marketo.refusal("POST", f"{LEADS}/create.json", json=body) == ("1003", "Invalid fields [site, fax]")


def test_both_ends_of_a_range_belong_to_it(marketo: SimulatedMarketo) -> None:
    for _ in range(4):
        marketo.add_leads({"email": "a@example.com"})
        marketo.advance(1)
    times = {"startAt": "2026-11-22T10:00:01Z", "endAt": "2026-11-22T10:00:02.000Z"}
    job, _ = finished(marketo, {"fields": ["id"], "filter": {"createdAt": times}})
    assert job["numberOfRecords"] == 2
    naive = {"startAt": "2026-11-22T10:00:00", "endAt": "2026-11-22T11:00:03+01:00"}
    job, _ = finished(marketo, {"fields": ["id"], "filter": {"createdAt": naive}})
    assert job["numberOfRecords"] == 4


def test_updated_means_any_change_and_small_instances_refuse_it(marketo: SimulatedMarketo) -> None:
    times = {"startAt": "2026-11-22T10:00:00Z", "endAt": "2026-11-22T10:00:00Z"}
    marketo.add_leads({"email": "a@example.com"})
    job, _ = finished(marketo, {"fields": ["id"], "filter": {"updatedAt": times}})
    assert job["numberOfRecords"] == 1
    marketo.instance.switches.smart_list_exports = False
    for name, value in (("updatedAt", times), ("smartListId", 1), ("smartListName", "x")):
        refusal = marketo.refusal("POST", f"{LEADS}/create.json", json={"fields": ["id"], "filter": {name: value}})
        assert refusal == ("1035", f"Unsupported filter type for target subscription: {name}")


def rule(name: str, operator: str = "is", *values: object) -> dict[str, Any]:
    return {"filters": [{"name": name, "conditions": [{"operator": operator, "values": list(values)}]}]}


def test_smart_lists_are_worked_out_from_their_rules(marketo: SimulatedMarketo) -> None:
    one, two, three, four = marketo.add_leads(
        {"email": "Ada@example.com", "company": "Acme 100%"},
        {"email": "ada@example.com", "company": "acme inc", "leadScore": 50},
        {"email": "bo@example.com", "leadScore": 10},
        {"company": "Other"},
    )
    marketo.add_list("Some", [one, four])
    cases: list[tuple[dict[str, Any], set[int]]] = [
        (rule("All Leads"), {one, two, three, four}),
        (rule("Duplicate Fields", "is", "Email Address"), {one, two}),
        (rule("Company Name", "contains", "0%", "OTHER"), {one, four}),
        (rule("Company Name", "is empty"), {three}),
        (rule("Company Name", "is not", "Other"), {one, two, three}),
        (rule("Lead Score", "at least", 20), {two}),
    ]
    either = rule("Member of List", "in", "Some")["filters"] + rule("Email Address", "starts with", "bo@")["filters"]
    cases.append(({"filterMatchType": "any", "filters": either}, {one, three, four}))
    for number, (rules, expected) in enumerate(cases):
        marketo.add_smart_list(f"Rules {number}", json.dumps(rules))
        _, file = finished(marketo, {"fields": ["id"], "filter": {"smartListName": f"Rules {number}"}})
        assert {int(line) for line in file.decode().split()[1:]} == expected, rules


def test_a_smart_list_without_filters_is_refused(marketo: SimulatedMarketo) -> None:
    number = marketo.add_smart_list("Empty", '{"filters": []}')
    body = {"fields": ["id"], "filter": {"smartListId": number}}
    assert marketo.refusal("POST", f"{LEADS}/create.json", json=body)[0] == "1003"


def test_faults_of_files(marketo: SimulatedMarketo, everybody: int) -> None:
    job, file = finished(marketo, order(everybody))
    path = f"{LEADS}/{job['exportId']}/file.json"
    add = marketo.instance.faults.add
    add({"path": "*/file.json", "effect": "file_missing"})
    assert marketo.ask("GET", path).status_code == 404
    add({"path": "*/file.json", "effect": "json_instead_of_file"})
    answer = marketo.ask("GET", path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    add({"path": "*/file.json", "effect": "lose_last_byte"})
    short = marketo.ask("GET", path, headers={"Range": "bytes=0-9"})
    assert short.content == file[:9]
    add({"path": "*/file.json", "truncate_at": 5})
    assert marketo.ask("GET", path).content == file[:5]
    add({"path": "*/file.json", "cut_at": 7})
    with pytest.raises(OSError, match=r"IncompleteRead|Connection"):
        marketo.ask("GET", path)
    add({"path": "*/status.json", "effect": "wrong_checksum"})
    assert status(marketo, job["exportId"])["fileChecksum"] != job["fileChecksum"]
    assert status(marketo, job["exportId"]) == job
    assert marketo.ask("GET", path).content == file


def test_faults_of_jobs(marketo: SimulatedMarketo, everybody: int) -> None:
    add = marketo.instance.faults.add
    told = {}
    for effect in ("stuck_queued", "stuck_processing", "job_fails"):
        add({"path": "*/enqueue.json", "effect": effect, "message": "Broken"})
        told[effect] = enqueued(marketo, order(everybody))
    healthy = enqueued(marketo, order(everybody))
    marketo.advance(3600)
    assert status(marketo, told["stuck_queued"])["status"] == "Queued"
    assert status(marketo, told["stuck_processing"])["status"] == "Processing"
    failed = status(marketo, told["job_fails"])
    assert (failed["status"], failed["errorMsg"]) == ("Failed", "Broken")
    assert "fileSize" not in failed
    assert marketo.ask("GET", f"{LEADS}/{told['job_fails']}/file.json").status_code == 404
    assert status(marketo, healthy)["status"] == "Completed"


def test_jobs_and_files_outlive_a_restart(tmp_path: Path) -> None:
    with simulated_marketo(tmp_path) as marketo:
        list_id = marketo.add_list("One", marketo.add_leads({"email": "a@example.com"}))
        job, file = finished(marketo, order(list_id))
        waiting = enqueued(marketo, order(list_id))
    with simulated_marketo(tmp_path) as marketo:
        assert status(marketo, job["exportId"]) == job
        assert marketo.ask("GET", f"{LEADS}/{job['exportId']}/file.json").content == file
        marketo.advance(JOB_DONE_AFTER)
        assert status(marketo, waiting)["status"] == "Completed"


def test_custom_objects_are_not_there(marketo: SimulatedMarketo) -> None:
    assert marketo.refusal("POST", "/bulk/v1/customobjects/car_c/export/create.json", json={})[0] == "1013"
