"""The book of jobs: each job's work is done once, again after a kill, and nobody waits long for it."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

from local.marketo_simulator.bulk_jobs import Export, JobBook, Worked
from local.marketo_simulator.bulk_queue import LineRules, Passage, cancelled

AT_ONCE = LineRules(wait_ms=0)


def job(name: str, queued_at: int | None = 0) -> Export:
    return Export(name, "user", "leads", {"format": "CSV"}, Passage(0, queued_at))


def book(folder: Path) -> JobBook[Export]:
    return JobBook(folder / "jobs.json", Export)


def test_what_is_noted_is_there_after_a_kill(tmp_path: Path) -> None:
    before = book(tmp_path)
    before.put(job("a"))
    before.settle(AT_ONCE, 10, lambda _: Worked({"records": 7, "size": 70, "sha256": "ab"}, 5))
    after = book(tmp_path)
    assert after.all() == before.all()
    assert after.get("a") is not None
    assert (after.all()[0].records, after.all()[0].passage.ends_at) == (7, 5)


def test_work_that_a_kill_cut_short_is_done_again(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def die(_: Export) -> Worked:
        raise Killed

    before = book(tmp_path)
    before.put(job("a"))
    with suppress(Killed):
        before.settle(AT_ONCE, 10, die)
    after = book(tmp_path)
    assert after.all()[0].passage.phase(10) == "running"
    after.settle(AT_ONCE, 20, lambda _: Worked({"records": 1}, 3))
    assert (after.all()[0].records, after.all()[0].passage.ends_at) == (1, 3)


def test_two_who_look_at_once_do_the_work_once_and_wait_no_longer_than_said(tmp_path: Path) -> None:
    jobs, done, begun, may_end = book(tmp_path), list[str](), Event(), Event()
    jobs.put(job("a"))

    def work(one: Export) -> Worked:
        done.append(one.id)
        begun.set()
        assert may_end.wait(30)
        return Worked({"records": 1})

    first = Thread(target=jobs.settle, args=(AT_ONCE, 10, work))
    first.start()
    assert begun.wait(30)
    jobs.settle(AT_ONCE, 10, work, patience=0.01)
    assert jobs.all()[0].passage.phase(10) == "running"
    may_end.set()
    first.join()
    assert done == ["a"]
    assert jobs.all()[0].passage.phase(10) == "ended"


def test_what_was_cancelled_while_it_was_worked_on_stays_cancelled(tmp_path: Path) -> None:
    jobs = book(tmp_path)
    jobs.put(job("a"))

    def work(one: Export) -> Worked:
        jobs.change(one.id, lambda now: replace(now, passage=cancelled(now.passage, 10)))
        return Worked({"records": 1})

    jobs.settle(AT_ONCE, 10, work)
    assert jobs.all()[0].passage.phase(10) == "cancelled"
    assert jobs.all()[0].records is None
    jobs.settle(AT_ONCE, 20, lambda _: Worked({"records": 2}))
    assert jobs.all()[0].records is None


def test_who_was_never_enqueued_is_never_worked_on(tmp_path: Path) -> None:
    jobs = book(tmp_path)
    jobs.put(job("a", None))
    jobs.settle(AT_ONCE, 10**9, lambda _: Worked({"records": 1}))
    assert jobs.all()[0].passage.phase(10**9) == "created"


def test_forgotten_jobs_are_gone(tmp_path: Path) -> None:
    jobs = book(tmp_path)
    jobs.put(job("a"))
    jobs.put(job("b"))
    jobs.forget(["a", "c"])
    assert [one.id for one in book(tmp_path).all()] == ["b"]
