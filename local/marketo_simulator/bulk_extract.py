"""`/bulk/v1/{object}/export…`: jobs that write leads, activities or program members into a file."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from local.marketo_simulator.bulk_files import CONTENT_TYPES
from local.marketo_simulator.bulk_jobs import Export
from local.marketo_simulator.bulk_orders import activity_order, lead_order, member_order
from local.marketo_simulator.bulk_queue import LineRules, Passage, cancelled, in_line, queued
from local.marketo_simulator.bulk_sources import MEMBER_FIELDS, list_id
from local.marketo_simulator.byte_ranges import Unsatisfiable, read_range, without_last_byte
from local.marketo_simulator.clock import DAY_MS
from local.marketo_simulator.export_shown import shown, state
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_book import lead_fields
from local.marketo_simulator.refusal import HttpRefusal, Refusal
from local.marketo_simulator.routing import Answer, Body, Request, Routes
from local.marketo_simulator.smart_members import check_exportable

routes = Routes()

PERMISSIONS: Final = {
    "leads": ("Read-Only Lead", "Read-Write Lead"),
    "activities": ("Read-Only Activity", "Read-Write Activity"),
    "program/members": ("Read-Only Lead", "Read-Write Lead"),
}
LISTED_DAYS: Final = 7
LISTED_AT_ONCE: Final = 300


def create(instance: Instance, request: Request, object: str) -> Body:
    body = request.json()
    order = _order(instance, object, body)
    _within_quota(instance)
    now = instance.clock.now()
    job = Export(str(uuid.uuid4()), request.user, object, order, Passage(created_at=now))
    instance.bulk.exports.put(job)
    return {"result": [shown(instance, job, now)]}


def enqueue(instance: Instance, request: Request, object: str) -> Body:
    book = instance.bulk.exports
    instance.bulk.settle()
    with book.alone():
        job, now = _mine(instance, request, object), instance.clock.now()
        if job.passage.phase(now) != "created":
            raise Refusal("1029", "Job already queued")
        _within_quota(instance)
        if in_line((one.passage for one in book.all()), now) >= LineRules().places:
            raise Refusal("1029", "Too many jobs in queue")
        job = book.change(
            job.id, lambda one: _with_faults(instance, request, replace(one, passage=queued(one.passage, now)))
        )
    return {"result": [shown(instance, job, now, as_of=now)]}


def read_status(instance: Instance, request: Request, object: str) -> Body:
    instance.bulk.settle()
    job = _mine(instance, request, object)
    if job.sha256 and instance.faults.effect("wrong_checksum", request.method, request.path):
        job = replace(job, sha256=job.sha256[::-1])
    return {"result": [shown(instance, job, instance.clock.now())]}


def cancel(instance: Instance, request: Request, object: str) -> Body:
    job = _mine(instance, request, object)
    now = instance.clock.now()
    job = instance.bulk.exports.change(job.id, lambda one: replace(one, passage=cancelled(one.passage, now)))
    return {"result": [shown(instance, job, now, as_of=now)]}


def read_file(instance: Instance, request: Request, object: str) -> Answer:
    instance.bulk.settle()
    now = instance.clock.now()
    job = instance.bulk.exports.get(request.names["job"])
    file = instance.bulk.file_of(request.names["job"])
    if (
        job is None
        or (job.user, job.object) != (request.user, object)
        or state(job, now) != "Completed"
        or not file.exists()
        or instance.faults.effect("file_missing", request.method, request.path)
    ):
        raise HttpRefusal(404, "Not Found", "text/plain;charset=UTF-8")
    if instance.faults.effect("json_instead_of_file", request.method, request.path):
        raise Refusal("713", "Transient Error")
    size = file.stat().st_size
    content_type = CONTENT_TYPES[job.order["format"]]
    try:
        span = read_range(request.headers.get("range"), size)
    except Unsatisfiable:
        return Answer(b"", 416, content_type, {"Content-Range": f"bytes */{size}"}, code="416")
    if span is None:
        return Answer(file, 200, content_type, {"Accept-Ranges": "bytes"})
    told = span.content_range
    if instance.faults.effect("lose_last_byte", request.method, request.path):
        span = without_last_byte(span)
    headers = {"Accept-Ranges": "bytes", "Content-Range": told}
    return Answer(file, 206, content_type, headers, start=span.start, end=span.end)


def list_jobs(instance: Instance, request: Request, object: str) -> Body:
    instance.bulk.settle()
    now = instance.clock.now()
    wanted = {one.lower().replace("canceled", "cancelled") for one in request.values("status")}
    jobs = [
        shown(instance, job, now)
        for job in sorted(instance.bulk.exports.all(), key=lambda one: (one.passage.created_at, one.id))
        if (job.user, job.object) == (request.user, object) and now - job.passage.created_at <= LISTED_DAYS * DAY_MS
    ]
    jobs = [job for job in jobs if not wanted or job["status"].lower() in wanted]
    start = request.integer("nextPageToken", 0)
    size = max(1, request.integer("batchSize", LISTED_AT_ONCE, most=LISTED_AT_ONCE))
    body: Body = {"result": jobs[start : start + size]}
    return body | {"nextPageToken": str(start + size)} if start + size < len(jobs) else body


def _order(instance: Instance, object: str, body: Body) -> dict[str, Any]:
    store, smart = instance.store, instance.switches.smart_list_exports
    if object == "activities":
        return activity_order(body)
    if object == "program/members":
        return member_order(body, MEMBER_FIELDS, smart=smart)
    order = lead_order(body, lead_fields(store), smart=smart)
    ((name, value),) = order["filter"].items()
    if "List" in name:
        found = list_id(store, "static" if name.startswith("static") else "smart", name, value)
        if name.startswith("smart"):
            check_exportable(store, found)
    return order


def _mine(instance: Instance, request: Request, object: str) -> Export:
    """Only the user that made a job sees it."""
    job = instance.bulk.exports.get(request.names["job"])
    if job is None or (job.user, job.object) != (request.user, object):
        raise Refusal("1013", f"Export job '{request.names['job']}' not found")
    return job


def _within_quota(instance: Instance) -> None:
    most = instance.switches.export_bytes_a_day
    if instance.bulk.bytes_today() >= most:
        raise Refusal("1029", f"Export daily quota {most // 1_000_000}MB exceeded.")


def _with_faults(instance: Instance, request: Request, job: Export) -> Export:
    effect = instance.faults.effect
    if effect("stuck_queued", request.method, request.path):
        return replace(job, passage=replace(job.passage, stuck="queued"))
    if effect("stuck_processing", request.method, request.path):
        return replace(job, passage=replace(job.passage, stuck="running"))
    fault = effect("job_fails", request.method, request.path)
    return replace(job, error=fault.message or "Internal error") if fault else job


type ObjectHandler = Callable[[Instance, Request, str], Body | Answer]

_STEPS: Final[tuple[tuple[str, str, ObjectHandler], ...]] = (
    ("POST", "/export/create.json", create),
    ("POST", "/export/{job}/enqueue.json", enqueue),
    ("GET", "/export/{job}/status.json", read_status),
    ("POST", "/export/{job}/cancel.json", cancel),
    ("GET", "/export/{job}/file.json", read_file),
    ("GET", "/export.json", list_jobs),
)


def _for(handler: ObjectHandler, object: str) -> Callable[[Instance, Request], Body | Answer]:
    return lambda instance, request: handler(instance, request, object)


for _object, _permission in PERMISSIONS.items():
    for _method, _path, _handler in _STEPS:
        routes.on(_method, f"/bulk/v1/{_object}{_path}", permission=_permission)(_for(_handler, _object))


@routes.post("/bulk/v1/customobjects/{name}/export/create.json", permission=PERMISSIONS["leads"])
def create_of_custom_objects(instance: Instance, request: Request) -> Body:
    """The instance has no custom objects, so there is none of that name."""
    raise Refusal("1013", f"Object '{request.names['name']}' not found")
