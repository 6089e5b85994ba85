"""Stage 4: the extract, from Marketo to our own files, cut between records and proven whole.

A part is as much as is read at once, up to its last whole record; the next begins at the byte after it. So what is to
be remembered is one number, and a function that dies loses one part at most.
"""

import hashlib
from typing import Any, Final

from touchline.domain.leads.records import first_end, last_end
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Again, Back, Done, News, Step, Wait
from touchline.errors import Malformed, MarketoUnavailable, NotFound
from touchline.services.marketo.part_files import delete_parts, read_stored, store_part
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of

MOST_LOOKS: Final = 5  # at a file that is not there, or that ends too early, before it is exported anew
LONGEST_RECORD: Final = 256_000_000  # bytes; a part with more would not fit into the function
START: Final = {"job": 0, "offset": 0, "part": 0, "first_part": 0, "stuck": 0, "wrong": 0, "header": ""}


def download(work: Work, execution: Execution) -> Step:
    """A part further, or one job's file verified."""
    at = {**START, **checkpoint_of(execution, "download")}
    jobs = checkpoint_of(execution, "poll")["jobs"]
    if at["job"] == len(jobs):
        return Done(at, News(results={"parts": at["part"]}))
    job = jobs[at["job"]]
    if not job["records"] or not job["size"]:
        store_part(work, execution, at["part"], (",".join(job["fields"]) + "\n").encode())
        return Again(_next_job(at, parts=1))
    if at["offset"] == job["size"]:
        return _verified(work, execution, job, at)
    return _part(work, execution, job, at)


def _part(work: Work, execution: Execution, job: dict[str, Any], at: dict[str, Any]) -> Step:
    body, trouble = _read(work, execution, job, at["offset"])
    whole = at["offset"] + len(body) == job["size"]
    end = len(body) if whole else last_end(body, len(body))
    if at["offset"] == 0:
        header = first_end(body) or (len(body) if whole else None)
        at = at if header is None else {**at, "header": bytes(body[:header]).decode()}
        end = end if header != end or whole else None  # a header alone is no progress
    if end is None:
        return _stuck(work, execution, job, at, trouble)
    before = b"" if at["offset"] == 0 else at["header"].encode()
    store_part(work, execution, at["part"], before + bytes(body[:end]))
    offset = at["offset"] + end
    sizes = [one["size"] or 0 for one in checkpoint_of(execution, "poll")["jobs"]]
    done = sum(sizes[: at["job"]]) + offset
    following = {**at, "offset": offset, "part": at["part"] + 1, "stuck": 0}
    return Again(following, News(done=done, of=sum(sizes)))


def _read(
    work: Work, execution: Execution, job: dict[str, Any], start: int
) -> tuple[bytearray, MarketoUnavailable | NotFound | None]:
    """Until a part is full and has a whole record, the file ends, or Marketo does."""
    marketo, body = marketo_of(work, execution), bytearray()
    try:
        while start + len(body) < job["size"] and not (len(body) >= work.sizes.part and last_end(body, len(body))):
            if len(body) > LONGEST_RECORD:
                raise Malformed(f"A record of the extract is longer than {LONGEST_RECORD:,} bytes.")
            at = start + len(body)
            for piece in marketo.read_export(job["kind"], job["id"], at, min(at + work.sizes.piece, job["size"])):
                body += piece
    except (MarketoUnavailable, NotFound) as error:
        return body, error
    return body, None


def _stuck(
    work: Work,
    execution: Execution,
    job: dict[str, Any],
    at: dict[str, Any],
    trouble: MarketoUnavailable | NotFound | None,
) -> Step:
    """Nothing could be read. That the job is known and done, and its file cannot be read all the same, is no passing
    trouble."""
    if trouble is None:
        raise Malformed("The extract ends inside a record.")
    if at["stuck"] >= MOST_LOOKS and _is_there(work, execution, job):
        return Back(f"The file of the export {job['id']} cannot be read: {trouble}", "export_file_unreadable")
    seconds = min(work.waits.unavailable_longest, work.waits.unavailable_first * 2 ** at["stuck"])
    code = "export_file_missing" if isinstance(trouble, NotFound) else "marketo_unavailable"
    return Wait({**at, "stuck": at["stuck"] + 1}, str(trouble), code, work.clock() + seconds * 1000)


def _is_there(work: Work, execution: Execution, job: dict[str, Any]) -> bool:
    """Whether Marketo answers at all. Raises `MarketoUnavailable`: then its file may well be good."""
    marketo_of(work, execution).get_export(job["kind"], job["id"])
    return True


def _verified(work: Work, execution: Execution, job: dict[str, Any], at: dict[str, Any]) -> Step:
    parts = range(at["first_part"], at["part"])
    if job["sha256"] is None or _sha256(work, execution, parts, len(at["header"].encode())) == job["sha256"]:
        log_line(work, execution, "download", "is whole", job=job["id"], bytes=job["size"], parts=len(parts))
        return Again(_next_job(at, parts=0))
    delete_parts(work, execution, parts)
    if at["wrong"]:
        return Back(f"The file of the export {job['id']} has another checksum than Marketo says, twice.", "checksum")
    log_line(work, execution, "download", "has another checksum than Marketo says and is read again", job=job["id"])
    again = {**START, "job": at["job"], "part": at["first_part"], "first_part": at["first_part"], "wrong": 1}
    return Again(again)


def _sha256(work: Work, execution: Execution, parts: range, header: int) -> str:
    digest = hashlib.sha256()
    for number in parts:
        digest.update(read_stored(work, execution, number)[0 if number == parts.start else header :])
    return digest.hexdigest()


def _next_job(at: dict[str, Any], *, parts: int) -> dict[str, Any]:
    part = at["part"] + parts
    return {**START, "job": at["job"] + 1, "part": part, "first_part": part}
