"""Which executions can be undone; and of all others why not, and what would work."""

from dataclasses import replace
from typing import Any

import pytest
from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.executions import Execution, Progress
from touchline.domain.marketo.services import Service
from touchline.domain.marketo.undoing import FEW, Records, are_few, plan_undo, why_not_undone

SERVICE = Service("s1", "g1", "c1", "dedupe", "Nightly", None, reading={"job": {"written": 4}})
WRITTEN = {"units": 2, "next": 2, "running": [], "written": 20, "leads": 20, "finished": True}
DONE = Execution("e1", "acme", SERVICE, state="completed", checkpoints={"write_back": WRITTEN})
KEPT = Records(journal=True, merges=False, changes=True)
MERGING = replace(KEPT, merges=True)


def having(**write_back: Any) -> Execution:
    return replace(DONE, state="stopped", checkpoints={"write_back": {**WRITTEN, "finished": False, **write_back}})


@pytest.mark.parametrize(
    "execution",
    [
        DONE,
        replace(DONE, state="failed"),
        having(next=1, written=0, running=[{"unit": 0, "job": "j"}]),
        having(next=0, written=0),  # cut off between its journal and its checkpoint
        having(next=1, written=0, merges={"batches": 1, "merged": 0}),  # not yet at its merges
        replace(DONE, checkpoints={"write_back": {**WRITTEN, "merges": {"batches": 1, "merged": 0}}}),  # all left out
    ],
)
def test_what_was_written_can_be_undone_however_it_ended(execution: Execution) -> None:
    assert why_not_undone(execution, None, KEPT) is None


@pytest.mark.parametrize(
    ("execution", "records", "reason"),
    [
        (replace(DONE, service=replace(SERVICE, kind="activity_import")), KEPT, "changes nothing in Marketo"),
        (replace(DONE, undoes="e0"), KEPT, "is not undone itself: run the service again"),
        (replace(DONE, state="waiting"), KEPT, "It is waiting, and can be undone once it is over"),
        (replace(DONE, preview=True), KEPT, "a preview"),
        (having(merges={"batches": 1, "merged": 0}), MERGING, "It merged leads"),
        (having(merges={"batches": 2, "merged": 7}), KEPT, "It merged leads"),
        (
            replace(DONE, checkpoints={"write_back": {**WRITTEN, "merges": {"batches": 1, "merged": 1}}}),
            KEPT,
            "`undo/merges-…` have the leads",
        ),
        (replace(DONE, checkpoints={}), Records(journal=False, merges=False, changes=True), "wrote nothing"),
        (replace(DONE, checkpoints={"write_back": {"written": 0, "finished": True}}), KEPT, "changed nothing"),
        (
            DONE,
            Records(journal=True, merges=False, changes=False),
            "Its files, which have the earlier values, are gone",
        ),
        (
            DONE,
            Records(journal=False, merges=False, changes=False),
            "Its files, which have the earlier values, are gone",
        ),
    ],
)
def test_what_cannot_be_undone_says_why(execution: Execution, records: Records, reason: str) -> None:
    assert reason in str(why_not_undone(execution, None, records))


@pytest.mark.parametrize(
    ("state", "results", "again"),
    [
        ("completed", {"changed_since": 0, "refused": 0}, False),
        ("completed", {"changed_since": 1}, True),
        ("completed", {"refused": 1}, True),
        ("failed", {}, True),
        ("stopped", {}, True),
    ],
)
def test_what_was_undone_is_undone_again_only_where_something_was_left(
    state: Any, results: dict[str, int], *, again: bool
) -> None:
    earlier = replace(DONE, id="e2", undoes="e1", state=state, results=results)
    assert (why_not_undone(DONE, earlier, KEPT) is None) is again


def test_a_plan_has_the_leads_and_fields_that_were_written() -> None:
    share = Share(10_000, 500_000_000)
    few = plan_undo(replace(DONE, progress=Progress(leads=1_000_000)), share, preview=False)
    assert (few.leads, few.changes, few.columns, few.merges) == (20, 20, 5, 0)
    many = replace(DONE, checkpoints={"write_back": {**WRITTEN, "leads": FEW + 1}}, progress=Progress(leads=9_000))
    assert not are_few(many)
    planned = plan_undo(replace(many, results={"changes_by_field": {"a": 1}}), share, preview=False)
    assert (planned.leads, planned.changes, planned.columns) == (9_000, FEW + 1, 2)
    assert plan_undo(many, share, preview=True).calls_by_stage["write_back"] == 0
