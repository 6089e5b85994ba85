"""Where an instance's bulk jobs are worked on: exports written, imports taken in, each in its line."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

from local.marketo_simulator.bulk_files import write_file
from local.marketo_simulator.bulk_jobs import Export, Import, JobBook, Worked
from local.marketo_simulator.bulk_queue import LineRules
from local.marketo_simulator.bulk_sources import SOURCES
from local.marketo_simulator.clock import DAY_MS
from local.marketo_simulator.import_rows import import_rows
from local.marketo_simulator.limits import day_of
from local.marketo_simulator.refusal import Refusal

if TYPE_CHECKING:
    from local.marketo_simulator.instance import Instance

# As seen on a job of 59 rows: 26 s in the queue, 99 s at work.
EXPORT_WAITS_MS: Final = 26_000
EXPORT_TAKES_MS: Final = 99_000
EXPORT_RECORDS_A_SECOND: Final = 20_000
IMPORT_WAITS_MS: Final = 5_000
IMPORT_TAKES_MS: Final = 10_000
IMPORT_ROWS_A_SECOND: Final = 2_000
STATUS_AGES_MS: Final = 60_000
FILE_KEPT_DAYS: Final = 7
EXPORT_KEPT_DAYS: Final = 30
IMPORT_KEPT_DAYS: Final = 7
_LOOK_SECONDS: Final = 0.2


class BulkDesk:
    """Whoever asks lets it settle first; a thread of its own looks now and then, so that nobody has to ask."""

    def __init__(self, instance: "Instance") -> None:
        self._instance = instance
        self.folder = instance.folder / "bulk"
        self.folder.mkdir(exist_ok=True)
        self.exports = JobBook(self.folder / "exports.json", Export)
        self.imports = JobBook(self.folder / "imports.json", Import)
        self._ended = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        self._thread = Thread(target=self._look, name="bulk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def settle(self) -> None:
        now, pace = self._instance.clock.now(), self._instance.switches.bulk_pace
        self.exports.settle(LineRules(wait_ms=int(EXPORT_WAITS_MS * pace)), now, self._export)
        self.imports.settle(LineRules(wait_ms=int(IMPORT_WAITS_MS * pace)), now, self._import)
        self._forget(now)

    def file_of(self, job: str) -> Path:
        return self.folder / f"{job}.file"

    def status_age_ms(self) -> int:
        return int(STATUS_AGES_MS * self._instance.switches.bulk_pace)

    def bytes_today(self) -> int:
        """Of all exports that ended since the day began."""
        now = self._instance.clock.now()
        fixed = self._instance.switches.fixed_central_time
        today = day_of(now, fixed=fixed)
        return sum(
            job.size or 0
            for job in self.exports.all()
            if job.passage.ends_at is not None
            and job.passage.phase(now) == "ended"
            and day_of(job.passage.ends_at, fixed=fixed) == today
        )

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self.settle()

    def _export(self, job: Export) -> Worked:
        if job.error is not None:
            return Worked(takes_ms=self._takes(EXPORT_TAKES_MS, 0, EXPORT_RECORDS_A_SECOND))
        store = self._instance.store
        try:
            columns, source = SOURCES[job.object](store, job.order)
        except Refusal as refusal:  # the list has been deleted since the job was made
            return Worked({"error": refusal.message}, self._takes(EXPORT_TAKES_MS, 0, EXPORT_RECORDS_A_SECOND))
        written = write_file(store, columns, source, self.file_of(job.id), job.order["format"])
        notes: Mapping[str, Any] = {"records": written.records, "size": written.size, "sha256": written.sha256}
        return Worked(notes, self._takes(EXPORT_TAKES_MS, written.records, EXPORT_RECORDS_A_SECOND))

    def _import(self, job: Import) -> Worked:
        if job.error is not None:
            return Worked(takes_ms=self._takes(IMPORT_TAKES_MS, 0, IMPORT_ROWS_A_SECOND))
        notes = import_rows(self._instance, job, self.file_of(f"import-{job.id}"))
        return Worked(notes, self._takes(IMPORT_TAKES_MS, notes.get("rows", 0), IMPORT_ROWS_A_SECOND))

    def _takes(self, fixed_ms: int, count: int, a_second: int) -> int:
        return int((fixed_ms + count * 1000 / a_second) * self._instance.switches.bulk_pace)

    def _forget(self, now: int) -> None:
        for job in self.exports.all():
            ended = job.passage.ends_at
            if ended is not None and now - ended > FILE_KEPT_DAYS * DAY_MS:
                with suppress(FileNotFoundError):
                    self.file_of(job.id).unlink()
        old = [job.id for job in self.exports.all() if now - _last(job) > EXPORT_KEPT_DAYS * DAY_MS]
        if old:
            self.exports.forget(old)
        gone = [job.id for job in self.imports.all() if now - _last(job) > IMPORT_KEPT_DAYS * DAY_MS]
        for job_id in gone:
            for file in self.folder.glob(f"import-{job_id}*"):
                file.unlink()
        if gone:
            self.imports.forget(gone)


def _last(job: Export | Import) -> int:
    passage = job.passage
    return max(
        moment
        for moment in (passage.created_at, passage.queued_at, passage.ends_at, passage.cancelled_at)
        if moment is not None
    )
