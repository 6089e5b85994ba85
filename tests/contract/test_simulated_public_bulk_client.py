"""A public Marketo client, driven against the simulator's bulk calls and activities from end to end."""

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from marketorestpython.client import MarketoClient

from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        running.instance.switches.bulk_pace = 0.0
        yield running


@pytest.fixture
def client(marketo: SimulatedMarketo) -> MarketoClient:
    first = marketo.instance.credentials[0]
    client = MarketoClient(marketo.instance.munchkin_id, first.client_id, first.client_secret, max_retry_time=5)
    client.host = marketo.endpoint
    return client


def test_leads_are_exported(marketo: SimulatedMarketo, client: MarketoClient) -> None:
    leads = marketo.add_leads(*({"email": f"a{number}@example.com", "firstName": 'A "B"\nC'} for number in range(700)))
    wanted = marketo.add_list("Everybody", leads)
    (job,) = client.execute(
        method="create_leads_export_job", fields=["id", "email", "firstName"], filters={"staticListId": wanted}
    )
    assert job["status"] == "Created"
    (queued,) = client.execute(method="enqueue_leads_export_job", job_id=job["exportId"])
    assert queued["status"] == "Queued"
    (done,) = client.execute(method="get_leads_export_job_status", job_id=job["exportId"])
    assert (done["status"], done["numberOfRecords"]) == ("Completed", 700)
    file = client.execute(method="get_leads_export_job_file", job_id=job["exportId"])
    assert done["fileChecksum"] == "sha256:" + hashlib.sha256(file).hexdigest()
    rows = list(csv.DictReader(io.StringIO(file.decode(), newline="")))
    assert {int(row["id"]) for row in rows} == set(leads)
    assert {row["firstName"] for row in rows} == {'A "B"\nC'}
    streamed = client.execute(method="get_leads_export_job_file", job_id=job["exportId"], stream=True)
    assert b"".join(streamed.iter_content(1000)) == file
    assert [one["exportId"] for one in client.execute(method="get_leads_export_jobs_list")] == [job["exportId"]]


def test_a_job_is_cancelled(marketo: SimulatedMarketo, client: MarketoClient) -> None:
    wanted = marketo.add_list("Nobody", [])
    (job,) = client.execute(method="create_leads_export_job", fields=["id"], filters={"staticListId": wanted})
    (told,) = client.execute(method="cancel_leads_export_job", job_id=job["exportId"])
    assert told["status"] == "Cancelled"


def test_activities_are_exported_and_paged_alike(marketo: SimulatedMarketo, client: MarketoClient) -> None:
    marketo.add_leads(*({"email": f"a{number}@example.com"} for number in range(650)))
    filters = {"createdAt": {"startAt": "2026-11-22T00:00:00Z", "endAt": "2026-11-23T00:00:00Z"}}
    (job,) = client.execute(method="create_activities_export_job", filters=filters)
    client.execute(method="enqueue_activities_export_job", job_id=job["exportId"])
    (done,) = client.execute(method="get_activities_export_job_status", job_id=job["exportId"])
    assert done["status"] == "Completed"
    file = client.execute(method="get_activities_export_job_file", job_id=job["exportId"])
    exported = {row["marketoGUID"] for row in csv.DictReader(io.StringIO(file.decode(), newline=""))}
    paged = client.execute(method="get_lead_activities", activityTypeIds=["12"], sinceDatetime="2026-11-22")
    assert {one["marketoGUID"] for one in paged} == exported
    assert len(paged) == done["numberOfRecords"] == 650
    assert {one["id"] for one in client.execute(method="get_activity_types")} >= {6, 10, 12}


# The client leaves the file open that it sends.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_leads_are_imported(marketo: SimulatedMarketo, client: MarketoClient, tmp_path: Path) -> None:
    (known,) = marketo.add_leads({"email": "a@example.com", "company": "Old"})
    file = tmp_path / "leads.csv"
    file.write_text(f"id,company\n{known},New\n999999,Other\n")
    (batch,) = client.execute(method="import_lead", format="csv", file=str(file), lookupField="id")
    assert batch["status"] == "Queued"
    (done,) = client.execute(method="get_import_lead_status", id=batch["batchId"])
    assert (done["status"], done["numOfLeadsProcessed"], done["numOfRowsFailed"]) == ("Complete", 1, 1)
    failures = client.execute(method="get_import_failure_file", id=batch["batchId"])
    assert failures == "id,company,Import Failure Reason\n999999,Other,Value for lookup field 'id' not found\n"
    assert client.execute(method="get_import_warning_file", id=batch["batchId"]).splitlines()[1:] == []
    (found,) = client.execute(method="get_lead_by_id", id=known, fields=["company"])
    assert found["company"] == "New"


def test_changes_and_deletions_are_read(marketo: SimulatedMarketo, client: MarketoClient) -> None:
    one, two = marketo.add_leads({"email": "a@example.com"}, {"email": "b@example.com", "lastName": "B"})
    client.execute(
        method="create_update_leads", leads=[{"id": one, "company": "New"}], action="updateOnly", lookupField="id"
    )
    (change,) = client.execute(method="get_lead_changes", fields=["company"], sinceDatetime="2026-11-22")
    assert change["fields"][0]["newValue"] == "New"
    client.execute(method="delete_lead", id=[two])
    (deleted,) = client.execute(method="get_deleted_leads", sinceDatetime="2026-11-22")
    assert deleted["leadId"] == two
