"""Stage 4: the extract, from Marketo to our own files, cut between records and proven whole.

A step reads some parts. What is to be remembered is where the next one begins; so a function that dies loses a step at
most, and one whose connection is cut goes on at the byte that it had reached.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from touchline.domain.leads.splitting import Part, SplitState, Splitter, sha256_of_extract
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Again, Back, Done, News, Step, Wait
from touchline.errors import MarketoUnavailable, NotFound
from touchline.services.marketo.download_place import Place
from touchline.services.marketo.part_files import EXTRACT_GONE
from touchline.services.marketo.sifting import sift
from touchline.services.marketo.smart_list_orders import Job
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of

STEP_BYTES: Final = 64_000_000  # after so many a step ends, or after its first part
MOST_LOOKS: Final = 5  # at a file that is not there, or that ends too early, before it is exported anew

type Trouble = MarketoUnavailable | NotFound


def download(work: Work, execution: Execution) -> Step:
    """A part further, or one job's file verified."""
    checkpoint = checkpoint_of(execution, "download")
    place = Place.from_json(checkpoint)
    jobs: list[Job] = checkpoint_of(execution, "poll")["jobs"]
    if place.job == len(jobs):
        return _all_there(work, execution, jobs, place, checkpoint.get("sifting", {}))
    job = jobs[place.job]
    if not job["records"] or not job["size"]:
        return _empty(work, execution, job, place)
    if place.split.offset == job["size"]:
        return _verified(work, execution, job, place)
    return _parts(work, execution, job, place)


def _all_there(work: Work, execution: Execution, jobs: list[Job], place: Place, sifting: Mapping[str, Any]) -> Step:
    if not any("sifted" in job for job in jobs):
        return Done({"parts": place.first_part})
    step = sift(work, execution, jobs, sifting, place.raw, place.first_part)
    if not isinstance(step, Again):
        return step
    return replace(step, checkpoint={**place.to_json(), "sifting": step.checkpoint})


def _empty(work: Work, execution: Execution, job: Job, place: Place) -> Step:
    if "sifted" in job:
        return Again(place.after(job, 0).to_json())
    work.files.put(execution.tenant, execution.id, place.name(job, 0), (",".join(job["fields"]) + "\n").encode())
    return Again(place.after(job, 1).to_json())


def _parts(work: Work, execution: Execution, job: Job, place: Place) -> Step:
    reading = _Reading(work, execution, job, place.split)
    after = None
    for part in reading.parts():
        work.files.put(execution.tenant, execution.id, place.name(job, part.number), part.body)
        after = part.after
    if after is None:
        return _stuck(work, execution, job, place, reading.trouble)
    sizes = [one["size"] or 0 for one in checkpoint_of(execution, "poll")["jobs"]]
    done = sum(sizes[: place.job]) + after.offset
    reached = replace(place, split=after, stuck=0)
    return Again(reached.to_json(), News(done=done, of=sum(sizes)))


class _Reading:
    """Reads from the byte that was reached, as long as each call brings some."""

    def __init__(self, work: Work, execution: Execution, job: Job, state: SplitState) -> None:
        self.trouble: Trouble | None = None
        self._marketo = marketo_of(work, execution)
        self._job = job
        self._splitter = Splitter(state, part_bytes=work.sizes.part)
        self._reached = self._start = state.offset
        self._piece = work.sizes.piece

    def parts(self) -> Iterator[Part]:
        found = 0
        while self._reached < self._job["size"]:
            before = self._reached
            for piece in self._pieces():
                for part in self._splitter.feed(piece):
                    found += 1
                    yield part
            if self._reached == before or (found and self._reached - self._start >= STEP_BYTES):
                return
        yield from self._splitter.finish()

    def _pieces(self) -> Iterator[bytes]:
        """Of one call; where it breaks off, those that came."""
        end = min(self._reached + self._piece, self._job["size"])
        try:
            for piece in self._marketo.read_export(self._job["kind"], self._job["id"], self._reached, end):
                self._reached += len(piece)
                yield piece
        except (MarketoUnavailable, NotFound) as error:
            self.trouble = error


def _stuck(work: Work, execution: Execution, job: Job, place: Place, trouble: Trouble | None) -> Step:
    """That a job is done, and its file cannot be read all the same, is no passing trouble where Marketo answers."""
    told = str(trouble or "it is shorter than Marketo says")
    if place.stuck >= MOST_LOOKS:
        marketo_of(work, execution).get_export(job["kind"], job["id"])
        return Back(f"The file of the export {job['id']} cannot be read: {told}", "export_file_unreadable")
    seconds = min(work.waits.unavailable_longest, work.waits.unavailable_first * 2**place.stuck)
    code = "export_file_missing" if isinstance(trouble, NotFound) else "marketo_unavailable"
    return Wait(replace(place, stuck=place.stuck + 1).to_json(), told, code, work.clock() + seconds * 1000)


def _verified(work: Work, execution: Execution, job: Job, place: Place) -> Step:
    parts = [place.name(job, number) for number in range(place.split.parts)]
    try:
        found = sha256_of_extract((work.files.get(execution.tenant, execution.id, name) for name in parts), place.split)
    except NotFound:
        return Back(EXTRACT_GONE, "extract_gone")
    if found == (job["sha256"] or found):
        log_line(work, execution, "download", "is whole", job=job["id"], bytes=job["size"], parts=len(parts))
        return Again(place.after(job, len(parts)).to_json())
    for name in parts:
        work.files.delete(execution.tenant, execution.id, name)
    if place.wrong:
        reason = f"The file of the export {job['id']} has, twice, another checksum than Marketo says."
        return Back(reason, "export_file_damaged")
    log_line(work, execution, "download", "has another checksum than Marketo says and is read again", job=job["id"])
    return Again(replace(place, split=SplitState(), stuck=0, wrong=1).to_json())
