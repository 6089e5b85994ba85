"""Executions of one connection, at work side by side: together they never use more of a day than their share."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.marketo.connections import Connection, Share

from tests.unit.services.marketo.leads import capitalise, instance
from tests.unit.services.marketo.test_executions_run import RULES
from tests.unit.services.marketo.world import TENANT, World

SHARE = Share(calls_a_day=14)
BOTH = ("e-1", "e-2")


class Metered:
    """An instance each of whose calls is counted in the ledger, as the client's are."""

    def __init__(self, made: World, execution: str | None) -> None:
        self._made = made
        self._execution = execution

    def __getattr__(self, name: str) -> Any:
        made, method = self._made, getattr(self._made.marketo, name)

        def called(*arguments: Any, **named: Any) -> Any:
            made.ledger.use(TENANT, made.connection, self._execution, calls=1, now=made.clock())
            return method(*arguments, **named)

        return called


def world() -> World:
    connection = Connection("c-1", "Acme", "https://123-abc-456.mktorest.com", "id", SHARE)
    made = World(instance(30, polls=2), rules=RULES, connection=connection)
    made.perform["work"] = capitalise
    made.work = replace(made.work, open_marketo=lambda tenant, connection, execution: Metered(made, execution))  # type: ignore[return-value, arg-type]
    for number, execution in enumerate(BOTH):
        made.begin(execution, f"s-{number}", plan={"calls": 9, "bytes": 1_000})
    return made


def within_its_share(made: World) -> None:
    day = made.ledger.day(TENANT, made.connection, made.clock())
    assert day.calls_used + sum(one.calls for one in day.reservations) <= SHARE.calls_a_day


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(BOTH), st.integers(1, 12)), max_size=12))
def test_both_end_and_no_day_is_overdrawn(turns: list[tuple[str, int]]) -> None:
    made = world()
    for execution, rounds in [*turns, *((execution, 1_000) for execution in BOTH)]:
        made.current, left = execution, iter(range(rounds))
        made.run(until=lambda stage, left=left: next(left, None) is None)  # type: ignore[misc]
        within_its_share(made)
    assert [made.get(execution).state for execution in BOTH] == ["completed"] * 2


def test_what_one_needs_beyond_the_day_is_waited_for_and_said() -> None:
    made = world()
    made.current = "e-1"
    assert made.run() == "done"
    made.current = "e-2"
    assert made.run() == "done"
    assert sum(made.waited) > 12 * 3_600  # from noon in Europe to midnight in Chicago
    assert any("waits" in line["message"] for line in made.log.lines[TENANT, "e-2"])
