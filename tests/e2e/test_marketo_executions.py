"""Marketo services on the real local stack: state machine, functions and stores, against the Marketo simulator."""

from collections.abc import Callable, Iterator

import pytest

from local.marketo_simulator.simulator import Simulator
from tests.e2e.conftest import Customer
from tests.e2e.marketo_operator import Operator, marketo_with

pytestmark = pytest.mark.system
LEADS = 2_000
AGREED = {"ask_above_share": 1.0}


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with marketo_with(tmp_path_factory.mktemp("marketo"), LEADS) as simulator:
        simulator.switch(bulk_pace=0)
        yield simulator


@pytest.fixture
def operator(customer: Callable[..., Customer], marketo: Simulator) -> Operator:
    return Operator(customer(), marketo)


def test_duplicates_are_marked_and_a_second_run_changes_nothing(operator: Operator) -> None:
    service = operator.service("dedupe", rules=AGREED)
    first = operator.run(service)
    assert first["progress"]["leads"] == LEADS
    assert first["results"]["groups"] > LEADS / 30
    assert first["results"]["verified_differ"] == 0
    assert first["usage"]["calls"] <= 40
    assert first["results"]["success_rate"] == 1.0
    second = operator.run(service)
    assert second["progress"]["changes"] == 0
    report = operator.file(first["id"], "report/changes.csv")
    assert report.startswith(b"id,field,before,after,rule,key,reason\n")
