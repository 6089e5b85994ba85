"""Who is where in a funnel: each number of an answer is the size of such a choice, and its list the choice itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from touchline.domain.sequences.chains import NONE, Marked
from touchline.domain.sequences.funnel_chains import Chains
from touchline.domain.sequences.funnels import Funnel
from touchline.domain.sequences.value_rows import ValueRow, rows_by_value, whole_row

Who = Literal["reached", "dropped", "in_progress", "closed", "excluded"]


@dataclass(frozen=True, slots=True)
class FunnelPeople:
    """The chains of all people, and which of them belong where. Masks of the chains throughout."""

    funnel: Funnel
    chains: Chains

    def who(self, who: Who, step: int) -> Marked:
        """`step` from 0; of no matter for closed and excluded."""
        return _CHOICES[who](self, step)

    def counted(self) -> Marked:
        return np.asarray(~self.chains.dropped)

    def reached(self, step: int) -> Marked:
        return np.asarray(self.counted() & (self.chains.at[:, step] != NONE))

    def no_further(self, step: int) -> Marked:
        """Who did this step and not the next required one; after the last, and after an optional one, nobody."""
        later = [one for one in self.funnel.required if one > step]
        if step not in self.funnel.required or not later:
            return np.zeros(len(self.chains), np.bool_)
        return self.reached(step) & ~self.reached(later[0])

    def rows(self) -> list[ValueRow]:
        """Without a breakdown the whole alone."""
        values = self.chains.values
        if self.funnel.breakdown is None or values is None:
            return [whole_row(len(self.chains))]
        return rows_by_value(values, self.funnel.breakdown.top, self.counted())

    def buckets(self, edges: Sequence[int]) -> list[Marked]:
        """By when the chain began. `edges` in epoch ms, rising, over the whole range."""
        bucket = np.searchsorted(edges, self.chains.at[:, 0], "right") - 1
        return [np.asarray(bucket == number) for number in range(len(edges) - 1)]


_CHOICES: Final[dict[Who, Callable[[FunnelPeople, int], Marked]]] = {
    "reached": FunnelPeople.reached,
    "dropped": lambda people, step: people.no_further(step) & ~people.chains.open,
    "in_progress": lambda people, step: people.no_further(step) & people.chains.open,
    "closed": lambda people, _: people.counted() & people.chains.closed,
    "excluded": lambda people, _: people.chains.dropped,
}
WORDS: Final[dict[Who, str]] = {
    "reached": "who did step {step} ({name})",
    "dropped": "who did step {step} ({name}), and not the next one, their windows being over",
    "in_progress": "who did step {step} ({name}), not the next one, and still may",
    "closed": "whose window is over",
    "excluded": "whom an exclusion took out",
}
