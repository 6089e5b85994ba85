"""Merges, which cannot be undone: each is journaled before and after, and nobody is merged without being read before.

A merge whose answer got lost is not sent again: after a pause its losers are read, and who is gone was merged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.executions import Execution, Problem
from touchline.domain.marketo.merges import Merge, changed_keys, left_out, looked_at, next_losers, sent
from touchline.domain.marketo.steps import Again, News, Step, Wait
from touchline.errors import MarketoRefused, MarketoUnavailable, NotFound
from touchline.marketo_ports import Marketo
from touchline.services.marketo.execution_json import kept_fields, names_of, read_json, write_json
from touchline.services.marketo.merge_plan import batch_name, expected_rows, merges_of
from touchline.services.marketo.rules_of import merge_terms
from touchline.services.marketo.work import Work, log_line, marketo_of

# Of one group: somebody is gone, or Salesforce does not take it. The others go on.
OF_ONE_GROUP: Final = frozenset({"712", "714", "1004", "1076", "1077", "1078", "1079", "1080"})
REFUSED: Final = "merging/refused.json"


@dataclass(slots=True)
class Batch:
    """Some groups on their way; written to the journal before and after each call."""

    work: Work
    execution: Execution
    number: int
    merges: list[Merge]

    @property
    def journal(self) -> str:
        return f"journal/merges-{self.number:05}.json"

    def put(self, place: int, merge: Merge) -> None:
        self.merges[place] = merge
        self.save()

    def save(self) -> None:
        write_json(self.work, self.execution, self.journal, [asdict(merge) for merge in self.merges])

    @property
    def leads(self) -> list[int]:
        return [lead for merge in self.merges for lead in merge.leads]


def merge_step(work: Work, execution: Execution, checkpoint: dict[str, Any]) -> Step:
    """One batch further, as far as Marketo answers."""
    merges = checkpoint["merges"]
    batch = _open(work, execution, merges["next"])
    marketo = marketo_of(work, execution)
    _look(batch, marketo)
    in_crm = merge_terms(work, execution).in_crm
    for place in range(len(batch.merges)):
        lost = _merge(batch, marketo, place, in_crm=in_crm)
        if lost is not None:
            until = work.clock() + work.waits.merge_settle * 1000
            return Wait(checkpoint, f"Whether a merge was done shows later: {lost}", "merge_unconfirmed", until)
    return _counted(work, execution, checkpoint, batch, marketo)


def _open(work: Work, execution: Execution, number: int) -> Batch:
    try:
        merges = merges_of(work, execution, f"journal/merges-{number:05}.json")
    except NotFound:
        merges = merges_of(work, execution, batch_name(number))
    return Batch(work, execution, number, merges)


def _look(batch: Batch, marketo: Marketo) -> None:
    """Reads all its leads, keeps them where that was not done before, and leaves out who has changed meanwhile."""
    work, execution = batch.work, batch.execution
    fields, keys = kept_fields(work, execution), merge_terms(work, execution).keys
    expected = expected_rows(work, execution, batch.leads)
    names = sorted({name for row in expected.values() for name in row} | set(keys) - {"id"})
    rows = {int(row["id"]): row for row in marketo.leads("id", [str(lead) for lead in batch.leads], names)}
    undo = f"undo/merges-{batch.number:05}.json"
    if work.files.size(execution.tenant, execution.id, undo) is None:
        write_json(work, execution, undo, list(rows.values()))
    refused = _refused(batch)
    for place, merge in enumerate(batch.merges):
        if not merge.is_settled:
            batch.merges[place] = _checked(looked_at(merge, rows), rows, expected, keys, fields, refused)
    batch.save()


def _checked(
    merge: Merge,
    rows: Mapping[int, Mapping[str, Any]],
    expected: Mapping[int, Mapping[str, str | None]],
    keys: Sequence[str],
    fields: Mapping[str, LeadField],
    refused: frozenset[int],
) -> Merge:
    if merge.is_settled or merge.gone:
        return merge
    if merge.winner in refused:
        return left_out(merge, "values_not_written")
    for lead in merge.leads:
        if changed_keys(rows[lead], expected.get(lead, {}), keys, fields):
            return left_out(merge, "changed_since_extract")
    return merge


def _refused(batch: Batch) -> frozenset[int]:
    """Leads whose chosen values Marketo did not take: merging them would lose these. All writing of values is over by
    now, so that they are gathered once."""
    work, execution = batch.work, batch.execution
    if work.files.size(execution.tenant, execution.id, REFUSED) is None:
        journals = [read_json(work, execution, name) for name in names_of(work, execution, "journal/import-")]
        write_json(
            work, execution, REFUSED, [int(one["id"]) for journal in journals for one in journal.get("refused", [])]
        )
    return frozenset(read_json(work, execution, REFUSED))


def _merge(batch: Batch, marketo: Marketo, place: int, *, in_crm: bool) -> MarketoUnavailable | None:
    """What Marketo said where nobody knows whether it was done."""
    while not (merge := batch.merges[place]).is_settled:
        losers = next_losers(merge, in_crm=in_crm)
        batch.put(place, replace(merge, state="sending"))
        try:
            marketo.merge_leads(merge.winner, losers, in_crm=in_crm)
        except MarketoUnavailable as error:
            return error
        except MarketoRefused as error:
            if error.marketo_code not in OF_ONE_GROUP:
                raise
            batch.put(place, left_out(merge, f"marketo_{error.marketo_code}"))
        else:
            batch.put(place, sent(batch.merges[place], losers))
    return None


def _counted(work: Work, execution: Execution, checkpoint: dict[str, Any], batch: Batch, marketo: Marketo) -> Step:
    there = {int(row["id"]) for row in marketo.leads("id", [str(lead) for lead in batch.leads], ["id"])}
    still = [lead for merge in batch.merges if merge.state == "merged" for lead in merge.losers if lead in there]
    for place, merge in enumerate(batch.merges):
        if merge.state == "merged":
            survivor = next((lead for lead in merge.leads if lead in there), None)
            batch.merges[place] = replace(merge, survivor=survivor)
    batch.save()
    merged = sum(merge.state == "merged" for merge in batch.merges)
    out = [merge for merge in batch.merges if merge.state == "left_out"]
    log_line(work, execution, "write_back", "merged a batch", merged=merged, left_out=len(out))
    before = checkpoint["merges"]
    after = {
        **before,
        "next": before["next"] + 1,
        "merged": before["merged"] + merged,
        "left_out": before["left_out"] + len(out),
    }
    done = checkpoint["leads"] + after["merged"] + after["left_out"]
    return Again({**checkpoint, "merges": after}, News(done=done, problems=_problems(batch, out, still)))


def _problems(batch: Batch, out: Sequence[Merge], still: Sequence[int]) -> tuple[Problem, ...]:
    reasons = sorted({str(merge.reason) for merge in out})
    told = [
        Problem(
            "write_back",
            f"merge_left_out_{reason}",
            "These groups were not merged; the journal says why for each.",
            tuple(merge.group for merge in out if merge.reason == reason),
        )
        for reason in reasons
    ]
    survivors = {merge.survivor for merge in batch.merges}
    unmerged = tuple(lead for lead in still if lead not in survivors)
    if unmerged:
        told.append(
            Problem("write_back", "merge_not_seen", "Marketo still has leads that it said it merged.", unmerged)
        )
    return tuple(told)
