"""The merge of one group of duplicates, as its journal has it, and what reading its leads says about it. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.limits import MOST_LOSERS
from touchline.domain.marketo.write_batches import same_value

type MergeState = Literal["planned", "sending", "merged", "left_out"]
SETTLED: Final = ("merged", "left_out")


@dataclass(frozen=True, slots=True)
class Merge:
    """`gone`: losers that are merged; `survivor`: who is left, which in a CRM may be another than the winner."""

    group: int
    winner: int
    losers: tuple[int, ...]
    state: MergeState = "planned"
    gone: tuple[int, ...] = ()
    survivor: int | None = None
    reason: str | None = None

    @property
    def leads(self) -> tuple[int, ...]:
        return (self.winner, *self.losers)

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED


def looked_at(merge: Merge, there: Collection[int]) -> Merge:
    """As it stands when of its leads those of `there` exist. One that was being sent has happened where its losers are
    gone; of one that was not, somebody else made away with leads: it is left alone."""
    left = [lead for lead in merge.leads if lead in there]
    gone = tuple(lead for lead in merge.losers if lead not in there)
    if len(left) == 1 and (merge.state == "sending" or merge.gone):
        return replace(merge, state="merged", gone=gone, survivor=left[0])
    if merge.state == "sending" or merge.gone:
        if merge.winner in there:
            return replace(merge, gone=gone)
        return left_out(replace(merge, gone=gone), "winner_gone")
    if merge.winner not in there:
        return left_out(merge, "winner_gone")
    if gone:
        return left_out(merge, "loser_gone")
    return merge


def next_losers(merge: Merge, *, in_crm: bool) -> tuple[int, ...]:
    """Those of the next call: the CRM merges two records at once."""
    left = [lead for lead in merge.losers if lead not in merge.gone]
    return tuple(left[: 1 if in_crm else MOST_LOSERS])


def sent(merge: Merge, losers: Sequence[int]) -> Merge:
    """After an answer that says that it was done."""
    gone = (*merge.gone, *losers)
    if len(gone) == len(merge.losers):
        return replace(merge, state="merged", gone=gone)
    return replace(merge, gone=gone)


def left_out(merge: Merge, reason: str) -> Merge:
    return replace(merge, state="left_out", reason=reason)


def changed_keys(
    read: Mapping[str, Any], expected: Mapping[str, str | None], keys: Collection[str], fields: Mapping[str, LeadField]
) -> list[str]:
    """Fields that made it a duplicate and are others by now."""
    return [
        name
        for name in sorted(keys)
        if name in expected and not same_value(read.get(name), expected[name], fields[name].data_type)
    ]
