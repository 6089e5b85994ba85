"""Stage 7: what changed is written to Marketo, and nothing else. Files and rows first, merges after them.

Units of writing are prepared before the first is sent, with what would undo them. Before and after each push the
journal is written. A push that may or may not have arrived is made again: it sets the same values of the same leads.
"""

from typing import Any

from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Again, Done, News, Step, Wait
from touchline.services.marketo.import_pushing import Ended, poll_import, push_unit
from touchline.services.marketo.merging import merge_step
from touchline.services.marketo.preparing import prepare_step
from touchline.services.marketo.work import Work, checkpoint_of

AT_ONCE = 2  # imports that Marketo works on
ASKED_ALIKE, LONGEST_DOUBLED = 5, 3  # after five times it is asked half as often, three times at most


def write_back(work: Work, execution: Execution) -> Step:
    checkpoint = dict(checkpoint_of(execution, "write_back"))
    if not checkpoint_of(execution, "approve").get("write", True):
        return Done({"written": 0})
    if not checkpoint.get("prepared"):
        return prepare_step(work, execution, checkpoint)
    if checkpoint["running"] or checkpoint["next"] < checkpoint["units"]:
        return _push(work, execution, checkpoint)
    if checkpoint["merges"]["next"] < checkpoint["merges"]["batches"]:
        return merge_step(work, execution, checkpoint)
    results = {name: checkpoint[name] for name in ("written", "refused", "imports", "updates")}
    return Done(checkpoint, News(results={**results, **_merge_results(checkpoint["merges"])}))


def _merge_results(merges: dict[str, Any]) -> dict[str, Any]:
    return {"merged": merges["merged"], "merges_left_out": merges["left_out"]} if merges["batches"] else {}


def _push(work: Work, execution: Execution, checkpoint: dict[str, Any]) -> Step:
    running: list[Any] = []
    for place, before in enumerate(checkpoint["running"]):
        now = poll_import(work, execution, before)
        others = [*running, *checkpoint["running"][place + 1 :]]
        if isinstance(now, Ended):
            return Again(now.applied({**checkpoint, "running": others, "asked": 0}), now.news(checkpoint))
        if now != before:
            return Again({**checkpoint, "running": [*running, now, *checkpoint["running"][place + 1 :]]})
        running.append(now)
    if checkpoint["next"] < checkpoint["units"] and len(running) < AT_ONCE:
        return push_unit(work, execution, checkpoint)
    asked: int = checkpoint.get("asked", 0)
    seconds = work.waits.import_poll * 2 ** min(asked // ASKED_ALIKE, LONGEST_DOUBLED)
    until = work.clock() + seconds * 1000
    return Wait({**checkpoint, "asked": asked + 1}, "Marketo imports what changed.", "import_running", until)
