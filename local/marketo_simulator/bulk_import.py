"""`/bulk/v1/leads.json` and `/bulk/v1/leads/batch/…`: files of leads that are taken in one after the other."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from local.marketo_simulator.bulk_files import CONTENT_TYPES
from local.marketo_simulator.bulk_jobs import Import
from local.marketo_simulator.bulk_queue import LineRules, Passage, in_line
from local.marketo_simulator.import_file import Unreadable, read_import
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_book import lead_fields
from local.marketo_simulator.multipart import NoMultipart, Upload, read_upload
from local.marketo_simulator.refusal import HttpRefusal, Refusal
from local.marketo_simulator.routing import Answer, Body, Request, Routes

routes = Routes()

WRITE: Final = "Read-Write Lead"
READ: Final = ("Read-Only Lead", "Read-Write Lead")
STATES: Final = {
    "created": "Queued",
    "queued": "Queued",
    "running": "Importing",
    "ended": "Complete",
    "cancelled": "Failed",
}
# Beside these, any custom field of these types.
LOOKUPS: Final = frozenset(
    {
        *("email", "id", "cookies", "twitterId", "facebookId", "linkedInId"),
        *("sfdcAccountId", "sfdcContactId", "sfdcLeadId", "sfdcLeadOwnerId", "sfdcOpptyId"),
    }
)
LOOKUP_TYPES: Final = frozenset({"string", "email", "integer"})


@routes.post("/bulk/v1/leads.json", permission=WRITE)
def import_leads(instance: Instance, request: Request) -> Body:
    upload = _upload(instance, request)
    order = _order(instance, request, upload)
    desk = instance.bulk
    desk.settle()
    with desk.imports.alone():
        now = instance.clock.now()
        jobs = desk.imports.all()
        if in_line((job.passage for job in jobs), now) >= LineRules().places:
            raise Refusal("1016", "Too many imports")
        if order["list"] is not None and any(
            job.order["list"] == order["list"] and job.passage.phase(now) in ("queued", "running") for job in jobs
        ):
            raise Refusal("1019", "Import in progress")
        number = str(max((int(job.id) for job in jobs), default=1000) + 1)
        desk.file_of(f"import-{number}").write_bytes(upload.file or b"")
        job = Import(number, request.user, "leads", order, Passage(created_at=now, queued_at=now))
        desk.imports.put(_with_faults(instance, request, job))
    return {"result": [{"batchId": int(number), "importId": number, "status": "Queued"}]}


@routes.get("/bulk/v1/leads/batch/{id}.json", permission=READ)
def read_import_status(instance: Instance, request: Request) -> Body:
    instance.bulk.settle()
    job, now = _job(instance, request), instance.clock.now()
    told = STATES[job.passage.phase(now)]
    body: dict[str, Any] = {"batchId": int(job.id), "importId": job.id}
    if told == "Complete" and job.error is not None:
        return {"result": [body | {"status": "Failed", "message": job.error}]}
    body["status"] = told
    if told == "Complete":
        body |= {
            "numOfLeadsProcessed": job.rows,
            "numOfRowsFailed": job.failed,
            "numOfRowsWithWarning": job.warned,
            "message": _message(job),
        }
    return {"result": [body]}


@routes.get("/bulk/v1/leads/batch/{id}/failures.json", permission=READ)
def read_failures(instance: Instance, request: Request) -> Answer:
    return _file(instance, request, ".failures")


@routes.get("/bulk/v1/leads/batch/{id}/warnings.json", permission=READ)
def read_warnings(instance: Instance, request: Request) -> Answer:
    return _file(instance, request, ".warnings")


def _upload(instance: Instance, request: Request) -> Upload:
    try:
        upload = read_upload(request.body, request.headers.get("content-type", ""))
    except NoMultipart:
        raise Refusal("612", "Invalid Content Type") from None
    if upload.file is None:
        raise Refusal("1002", "Missing value for required parameter 'file'")
    if len(upload.file) > instance.switches.import_bytes:
        raise HttpRefusal(413, "<html>413 Request Entity Too Large</html>")
    return upload


def _order(instance: Instance, request: Request, upload: Upload) -> dict[str, Any]:
    """Parameters are in the query or beside the file."""

    def given(name: str, default: str = "") -> str:
        return request.text(name) or upload.fields.get(name, default).strip()

    format = given("format").upper()
    if format not in CONTENT_TYPES:
        raise Refusal("1003", "'format' must be one of csv, tsv, ssv")
    try:
        read_import(upload.file or b"", format)
    except Unreadable as unreadable:
        raise Refusal("1003", str(unreadable)) from None
    return {
        "format": format,
        "lookup": _lookup(instance, given("lookupField", "email")),
        "list": _list(instance, given("listId")),
        "partition": _partition(instance, given("partitionName")),
    }


def _lookup(instance: Instance, name: str) -> str:
    field = lead_fields(instance.store).get(name)
    if field is not None and (name in LOOKUPS or (field.custom and field.data_type in LOOKUP_TYPES)):
        return name
    raise Refusal("1003", f"Invalid value for parameter 'lookupField': {name}")


def _list(instance: Instance, text: str) -> int | None:
    if not text:
        return None
    found = instance.store.value("select id from static_lists where id = try_cast(? as integer)", [text])
    if found is None:
        raise Refusal("1013", f"Static list '{text}' not found")
    return int(found)


def _partition(instance: Instance, name: str) -> int:
    if not name:
        return 1
    found = instance.store.value("select id from partitions where name = ?", [name])
    if found is None:
        raise Refusal("1003", f"Invalid value for parameter 'partitionName': {name}")
    return int(found)


def _with_faults(instance: Instance, request: Request, job: Import) -> Import:
    if instance.faults.effect("stuck_queued", request.method, request.path):
        return replace(job, passage=replace(job.passage, stuck="queued"))
    if instance.faults.effect("stuck_processing", request.method, request.path):
        return replace(job, passage=replace(job.passage, stuck="running"))
    fault = instance.faults.effect("job_fails", request.method, request.path)
    return replace(job, error=fault.message or "Internal error") if fault else job


def _job(instance: Instance, request: Request) -> Import:
    job = instance.bulk.imports.get(str(request.number("id")))
    if job is None or job.user != request.user:
        raise Refusal("1013", f"Batch '{request.names['id']}' not found")
    return job


def _message(job: Import) -> str:
    members = f" ({job.members} members)" if job.order["list"] is not None else ""
    done = f"{job.rows} records imported{members}"
    if job.failed:
        return f"Import completed with errors, {done}, {job.failed} failed"
    return f"Import succeeded, {done}"


def _file(instance: Instance, request: Request, ending: str) -> Answer:
    instance.bulk.settle()
    job = _job(instance, request)
    file = instance.bulk.file_of(f"import-{job.id}").with_suffix(ending)
    if job.passage.phase(instance.clock.now()) != "ended" or not file.exists():
        raise HttpRefusal(404, "Not Found", "text/plain;charset=UTF-8")
    content_types: Mapping[str, str] = CONTENT_TYPES
    return Answer(file, 200, content_types[job.order["format"]])
