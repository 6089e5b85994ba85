"""Executions undone on the real local stack, against the Marketo simulator."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.marketo_simulator.simulator import Simulator
from tests.e2e.conftest import Customer
from tests.e2e.marketo_operator import Operator, Shown, marketo_with
from tests.e2e.test_marketo_executions import changes_of, leads_of

pytestmark = pytest.mark.system
LEADS = 5_000
MARKS = ("tlDuplicateGroup", "tlSurvivor", "tlIsDuplicate", "tlRule")


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with marketo_with(tmp_path_factory.mktemp("marketo"), LEADS, activities_per_lead=0.0) as simulator:
        simulator.switch(bulk_pace=0)
        yield simulator


@pytest.fixture
def operator(customer: Callable[..., Customer], marketo: Simulator) -> Operator:
    return Operator(customer(), marketo)


def undone(operator: Operator, execution: str, **body: Any) -> Shown:
    begun = operator.post(f"executions/{execution}/undo", **body)
    assert begun["undoes"] == execution
    shown = operator.end(begun["id"])
    assert shown["state"] == "completed", (shown["problems"], operator.lines(shown["id"]))
    return shown


def test_undo_of_hashes_takes_back_all_but_what_was_changed_since(operator: Operator, marketo: Simulator) -> None:
    service = operator.service("email_hash")
    first = operator.run(service)
    changes = changes_of(operator, first)
    by_hand = int(changes[0]["id"])
    marketo.change_leads({by_hand: {"emailSha256": "by hand"}})
    preview = undone(operator, first["id"], preview=True)
    assert preview["progress"]["changes"] == len(changes) - 1
    done = undone(operator, first["id"])
    results = done["results"]
    assert results["written"] == first["results"]["written"] - 1 > LEADS * 0.9
    assert [results[name] for name in ("changed_since", "gone", "refused", "verified_differ")] == [1, 0, 0, 0]
    assert results["imports"] == 1
    assert operator.execution(first["id"])["undone_by"] == done["id"]
    quarantine = operator.file(done["id"], "report/quarantine.csv").decode()
    assert [row["id"] for row in csv.DictReader(io.StringIO(quarantine))] == [str(by_hand)]
    told = operator.ask("GET", f"executions/{done['id']}/explain", params={"lead": changes[1]["id"]})
    assert told["changes"][0]["reason"] == f"as it was before execution {first['id']}"
    some = [by_hand, *(int(change["id"]) for change in changes[1:200])]
    shown = {row["id"]: row.get("emailSha256") for row in leads_of(marketo, *some, fields="emailSha256")}
    assert shown == {by_hand: "by hand"} | dict.fromkeys(some[1:])
    again = undone(operator, first["id"])  # something was left alone
    assert (again["progress"]["changes"], again["results"]["changed_since"]) == (0, 1)
    assert operator.run(service)["results"]["written"] == first["results"]["written"]


def test_undo_of_marks_needs_no_extract_and_nothing_of_them_stays(operator: Operator, marketo: Simulator) -> None:
    service = operator.service("dedupe", rules={"ask_above_share": 1.0})
    first = operator.run(service)
    ids = sorted({int(change["id"]) for change in changes_of(operator, first)})
    done = undone(operator, first["id"])
    assert done["usage"]["bytes"] == 0
    assert (done["results"]["written"], done["results"]["verified_differ"]) == (len(ids), 0)
    for row in leads_of(marketo, *ids[:300], fields=",".join(MARKS)):
        assert not any(row.get(name) for name in MARKS)
    refused = operator.customer.ask("admin", "POST", f"/v1/marketo/executions/{first['id']}/undo")
    assert (refused.status_code, done["id"] in refused.json()["detail"]) == (409, True)
    second = operator.run(service)
    assert second["results"]["written"] == first["results"]["written"]
