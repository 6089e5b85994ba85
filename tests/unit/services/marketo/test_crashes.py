"""Killed before or after any call to the outside, an execution ends as one that never was, and does nothing twice."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.services.marketo.control_execution import resume_execution

from tests.unit.services.marketo.leads import instance
from tests.unit.services.marketo.test_executions_run import names, world
from tests.unit.services.marketo.world import Killed, World

REACHED = {
    "marketo": (
        "create_export",
        "enqueue_export",
        "get_export",
        "read_export",
        "import_leads",
        "update_leads",
        "leads",
    ),
    "executions": ("replace",),
    "files": ("put",),
    "ledger": ("reserve", "release"),
    "notices": ("tell",),
}
WHOLE = [f"Ada {number}" for number in range(1, 41)]


class Deaths:
    """Kills the process at the calls of these numbers, before or after they are made."""

    def __init__(self, made: World, at: dict[int, bool]) -> None:
        self.calls = 0
        self._at = at
        for part, methods in REACHED.items():
            for method in methods:
                owner = getattr(made, part)
                setattr(owner, method, self._deadly(getattr(owner, method)))

    def _deadly(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **more: Any) -> Any:
            self.calls += 1
            after = self._at.pop(self.calls, None)
            if after is False:
                raise Killed
            answer = call(*args, **more)
            if after:
                raise Killed
            return answer

        return called


def survive(made: World) -> None:
    """Each time that it dies, the machine's retry goes on; every third time it is given up, and a person resumes."""
    for deaths in range(200):
        try:
            made.run()
        except Killed:
            if deaths % 3 == 2:
                give_up(made)
        else:
            patiently(lambda: made.close("completed"))  # the machine tries its last state again as well
            return
    raise AssertionError("it never ends")


def give_up(made: World) -> None:
    patiently(lambda: made.close("failed", "Killed"))
    if made.execution.state == "failed":
        patiently(lambda: resume_execution(made.executions, made.workflows, made.execution))


def patiently(ask: Callable[[], object]) -> None:
    while True:
        try:
            ask()
        except Killed:
            continue
        return


@settings(max_examples=150)
@given(st.dictionaries(st.integers(1, 90), st.booleans(), max_size=6))
def test_wherever_it_is_killed_it_ends_the_same(deaths: dict[int, bool]) -> None:
    made = world(polls=1)
    made.begin()
    Deaths(made, deaths)
    survive(made)
    ended = made.execution
    assert ended.state == "completed"
    assert names(made) == WHOLE
    assert (ended.results["written"], ended.results["refused"]) == (20, 0)
    assert made.ledger.day("acme", made.connection, made.clock()).reservations == ()
    enqueued = [job for job in made.marketo.jobs.jobs.values() if job.state != "Created"]
    assert len(enqueued) <= 1 + sum(problem.code == "export_failed" for problem in ended.problems)
    assert ("acme", "execution.completed") in {told[:2] for told in made.notices.told}


def test_the_calls_that_may_be_its_last_are_all_among_those_that_are_tried() -> None:
    made = world(polls=1)
    made.begin()
    deaths = Deaths(made, {})
    made.run()
    assert 20 < deaths.calls < 90


@settings(max_examples=60)
@given(st.dictionaries(st.integers(1, 60), st.booleans(), max_size=4))
def test_a_file_that_is_imported_is_counted_once(deaths: dict[int, bool]) -> None:
    made = world()
    made.marketo = instance(3_000)
    made.begin()
    Deaths(made, deaths)
    survive(made)
    assert made.execution.results["written"] == 1_500
    assert names(made) == [f"Ada {number}" for number in range(1, 3_001)]
