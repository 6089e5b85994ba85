"""Stage 4: the extract, from Marketo to our own files, cut between records and proven whole.

A step reads some parts. What is to be remembered is where the next one begins; so a function that dies loses a step at
most, and one whose connection is cut goes on at the byte that it had reached.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from touchline.domain.leads.splitting import Part, SplitState, Splitter, sha256_of_extract
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Again, Back, Done, News, Step, Wait
from touchline.errors import MarketoUnavailable, NotFound
from touchline.services.marketo.part_files import delete_parts, read_stored, store_part
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of

STEP_BYTES: Final = 64_000_000  # after so many a step ends, or after its first part
MOST_LOOKS: Final = 5  # at a file that is not there, or that ends too early, before it is exported anew

type Trouble = MarketoUnavailable | NotFound
type Job = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Which job's file is read, where it stands, and the number of its first part among all."""

    job: int = 0
    first_part: int = 0
    split: SplitState = field(default_factory=SplitState)
    stuck: int = 0  # looks in a row that brought nothing
    wrong: int = 0  # how often the file had another checksum

    @property
    def part(self) -> int:
        return self.first_part + self.split.parts

    def to_json(self) -> dict[str, Any]:
        split = self.split.to_json()
        return {
            "job": self.job,
            "first_part": self.first_part,
            "split": split,
            "stuck": self.stuck,
            "wrong": self.wrong,
        }


def download(work: Work, execution: Execution) -> Step:
    """A part further, or one job's file verified."""
    place = _place(checkpoint_of(execution, "download"))
    jobs: list[Job] = checkpoint_of(execution, "poll")["jobs"]
    if place.job == len(jobs):
        return Done({"parts": place.first_part})
    job = jobs[place.job]
    if not job["records"] or not job["size"]:
        store_part(work, execution, place.part, (",".join(job["fields"]) + "\n").encode())
        return Again(Place(place.job + 1, place.part + 1).to_json())
    if place.split.offset == job["size"]:
        return _verified(work, execution, job, place)
    return _parts(work, execution, job, place)


def _place(kept: Any) -> Place:
    if not kept:
        return Place()
    return Place(kept["job"], kept["first_part"], SplitState.from_json(kept["split"]), kept["stuck"], kept["wrong"])


def _parts(work: Work, execution: Execution, job: Job, place: Place) -> Step:
    reading = _Reading(work, execution, job, place.split)
    after = None
    for part in reading.parts():
        store_part(work, execution, place.first_part + part.number, part.body)
        after = part.after
    if after is None:
        return _stuck(work, execution, job, place, reading.trouble)
    sizes = [one["size"] or 0 for one in checkpoint_of(execution, "poll")["jobs"]]
    done = sum(sizes[: place.job]) + after.offset
    reached = Place(place.job, place.first_part, after, wrong=place.wrong)
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
    after = Place(place.job, place.first_part, place.split, place.stuck + 1, place.wrong)
    return Wait(after.to_json(), told, code, work.clock() + seconds * 1000)


def _verified(work: Work, execution: Execution, job: Job, place: Place) -> Step:
    parts = range(place.first_part, place.part)
    found = sha256_of_extract((read_stored(work, execution, number) for number in parts), place.split)
    if found == (job["sha256"] or found):
        log_line(work, execution, "download", "is whole", job=job["id"], bytes=job["size"], parts=len(parts))
        return Again(Place(place.job + 1, place.part).to_json())
    delete_parts(work, execution, parts)
    if place.wrong:
        reason = f"The file of the export {job['id']} has, twice, another checksum than Marketo says."
        return Back(reason, "export_file_damaged")
    log_line(work, execution, "download", "has another checksum than Marketo says and is read again", job=job["id"])
    return Again(Place(place.job, place.first_part, wrong=1).to_json())
