"""Ten places, two at work, first come first served; nobody's state goes back."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from local.marketo_simulator.bulk_queue import LineRules, Passage, cancelled, in_line, next_start, queued

RULES = LineRules(places=10, at_work=2, wait_ms=26_000)
ORDER = ["created", "queued", "running", "ended"]
WORK = st.integers(0, 300_000)


def _run(passages: list[Passage], rules: LineRules, now: int, works: list[int]) -> list[Passage]:
    """All that begins until `now`; each job knows at its beginning how long it takes."""
    passages = list(passages)
    while (found := next_start(passages, rules, now)) is not None:
        place, at = found
        passages[place] = replace(passages[place], started_at=at, ends_at=at + works[place])
    return passages


@given(
    st.lists(st.tuples(st.integers(0, 500_000), WORK), min_size=1, max_size=12),
    st.integers(1, 3),
    st.integers(0, 60_000),
)
def test_never_more_at_work_than_may_be_and_none_waits_beside_a_free_place(
    jobs: list[tuple[int, int]], at_work: int, wait: int
) -> None:
    rules = LineRules(places=99, at_work=at_work, wait_ms=wait)
    jobs.sort()
    passages = [queued(Passage(0), since) for since, _ in jobs]
    done = _run(passages, rules, 10**9, [work for _, work in jobs])
    moments = sorted({moment for one in done for moment in (one.queued_at, one.started_at, one.ends_at) if moment})
    for moment in moments:
        running = [one for one in done if one.phase(moment) == "running"]
        assert len(running) <= at_work
        ready = [one for one in done if one.phase(moment) == "queued" and (one.queued_at or 0) + wait <= moment]
        assert not ready or len(running) == at_work
    started = [one.started_at for one in done]
    assert started == sorted(started, key=lambda at: at or 0)


@given(st.lists(st.tuples(st.integers(0, 500_000), WORK), min_size=1, max_size=8), st.lists(st.integers(0, 10**6)))
def test_looking_often_gives_what_looking_once_gives(jobs: list[tuple[int, int]], looks: list[int]) -> None:
    jobs.sort()
    passages = [queued(Passage(0), since) for since, _ in jobs]
    works = [work for _, work in jobs]
    often = passages
    for look in sorted(looks):
        # Who comes later than the look is not there yet.
        present = [one for one in often if (one.queued_at or 0) <= look]
        often = _run(present, RULES, look, works) + often[len(present) :]
    assert _run(often, RULES, 10**9, works) == _run(passages, RULES, 10**9, works)


@given(WORK, st.lists(st.integers(0, 10**6), min_size=2))
def test_a_state_never_goes_back(work: int, moments: list[int]) -> None:
    (done,) = _run([queued(Passage(0), 5_000)], RULES, 10**9, [work])
    phases = [ORDER.index(done.phase(at)) for at in sorted(moments)]
    assert phases == sorted(phases)


def test_one_job_waits_and_works_as_long_as_was_seen() -> None:
    (job,) = _run([queued(Passage(0), 0)], RULES, 10**9, [99_000])
    assert [job.phase(at) for at in (0, 25_999, 26_000, 124_999, 125_000)] == [
        *("queued", "queued", "running", "running", "ended")
    ]


def test_the_third_waits_for_the_first_that_ends() -> None:
    passages = [queued(Passage(0), at) for at in (0, 1, 2)]
    first, second, third = _run(passages, RULES, 10**9, [50_000, 20_000, 1_000])
    assert second.started_at == 26_001
    assert third.started_at == second.ends_at == 46_001
    assert first.phase(46_001) == "running"


def test_who_is_cancelled_leaves_the_place_to_others() -> None:
    passages = [queued(Passage(0), at) for at in (0, 1, 2)]
    begun = _run(passages, RULES, 30_000, [10**8, 10**8, 5])
    assert begun[2].phase(30_000) == "queued"
    begun[0] = cancelled(begun[0], 31_000)
    assert _run(begun, RULES, 40_000, [10**8, 10**8, 5])[2].started_at == 31_000
    assert begun[0].phase(10**9) == "cancelled"


def test_what_has_ended_is_not_cancelled() -> None:
    (job,) = _run([queued(Passage(0), 0)], RULES, 10**9, [5])
    assert cancelled(job, 26_005) == job
    assert cancelled(job, 26_004).phase(26_004) == "cancelled"


def test_stuck_jobs_keep_their_places() -> None:
    stuck = [replace(queued(Passage(0), 0), stuck="queued"), replace(queued(Passage(0), 1), stuck="running")]
    done = _run([*stuck, queued(Passage(0), 2)], RULES, 10**9, [5, 5, 5])
    assert [one.phase(10**9) for one in done] == ["queued", "running", "ended"]
    assert in_line(done, 10**9) == 2


def test_while_both_are_at_work_for_an_unknown_time_nobody_begins() -> None:
    working = [replace(queued(Passage(0), at), started_at=26_000) for at in (0, 1)]
    assert next_start([*working, queued(Passage(0), 2)], RULES, 10**9) is None
