"""Paths added up: how many went from which value to which, step by step."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from touchline.domain.properties import Scalar
from touchline.domain.sequences.chains import Marked
from touchline.domain.sequences.layouts import numbered
from touchline.domain.sequences.step_values import Values
from touchline.domain.sequences.walks import END, OPEN, Walks
from touchline.errors import InvalidRequest

NodeKind = Literal["value", "other", "absent", "end", "open"]


@dataclass(frozen=True, slots=True)
class Node:
    """`values` of a value: one, or several where the event has several."""

    kind: NodeKind
    values: Values = ()

    def key(self) -> Scalar | list[Scalar] | None:
        return list(self.values) if len(self.values) > 1 else self.values[0] if self.values else None

    def facts(self) -> dict[str, Any]:
        return {"kind": self.kind, "key": self.key()} if self.kind == "value" else {"kind": self.kind}

    def same(self, other: "Node") -> bool:
        """A truth value is no number, although they are equal."""
        return self == other and [type(one) is bool for one in self.values] == [
            type(one) is bool for one in other.values
        ]


STOPS: Final = (Node("end"), Node("open"))


@dataclass(frozen=True)
class PathEdges:
    """Of each step the values with most paths are nodes of their own; of equal ones the first in the order of text."""

    walks: Walks
    width: int

    @cached_property
    def levels(self) -> list[list[Node]]:
        return [nodes for nodes, _ in self._levels]

    def at(self, level: int, node: Node, where: str) -> Marked:
        """Which paths are at a node. Raises InvalidRequest where the answer has none such."""
        for number, one in enumerate(self.levels[level]):
            if one.same(node):
                return np.asarray(self._levels[level][1] == number)
        raise InvalidRequest(f"Step {level} of the answer has no such node.", field=where)

    def nodes(self) -> Iterator[dict[str, Any]]:
        """`step` 0 is where the paths begin."""
        for level, (nodes, numbers) in enumerate(self._levels):
            for number, (paths, people) in self._counted(numbers).items():
                yield {"step": level, **nodes[number].facts(), "paths": paths, "people": people}

    def edges(self) -> Iterator[dict[str, Any]]:
        """From each step to the next one; a path that is over goes nowhere."""
        for level in range(len(self._levels) - 1):
            (before, here), (after, there) = self._levels[level], self._levels[level + 1]
            together = np.where(there >= 0, here * len(after) + there, -1)
            for edge, (paths, people) in self._counted(together).items():
                origin, goal = divmod(edge, len(after))
                yield {
                    "step": level,
                    "from": before[origin].facts(),
                    "to": after[goal].facts(),
                    "paths": paths,
                    "people": people,
                }

    @cached_property
    def _levels(self) -> list[tuple[list[Node], NDArray[np.int64]]]:
        """By step its nodes, and of each path the number of its node; -1 where it was over before."""
        return [self._level(labels) for labels in self.walks.labels.T]

    def _level(self, labels: NDArray[np.int32]) -> tuple[list[Node], NDArray[np.int64]]:
        counts = np.bincount(labels[labels >= 0], minlength=len(self.walks.table))
        table = self.walks.table
        ranked = sorted(np.flatnonzero(counts).tolist(), key=lambda c: (-counts[c], [str(v) for v in table[c]]))
        listed = ranked[: self.width]
        nodes = [Node("value", table[code]) if table[code] else Node("absent") for code in listed]
        # Places for what is negative, too: numpy counts those from the end.
        numbers = np.full(len(table) + 3, len(listed), np.int64)
        numbers[listed] = np.arange(len(listed))
        numbers[[END, OPEN]] = len(listed) + 1, len(listed) + 2
        numbers[-3] = -1
        return [*nodes, Node("other"), *STOPS], numbers[labels]

    def _counted(self, numbers: NDArray[np.int64]) -> dict[int, tuple[int, int]]:
        """By number, of those that are not negative: how many paths, and of how many people."""
        # Fewer than 65,536 edges: sorted by counting, which keeps the paths of a person together.
        inside = np.flatnonzero(numbers >= 0)
        order = inside[np.argsort(numbers[inside].astype(np.uint16), kind="stable")]
        ranked, persons = numbers[order], self._persons[order]
        first = np.append(
            np.ones(min(1, len(order)), np.bool_), (ranked[1:] != ranked[:-1]) | (persons[1:] != persons[:-1])
        )
        paths, people = np.bincount(ranked), np.bincount(ranked[first])
        return {int(number): (int(paths[number]), int(people[number])) for number in np.flatnonzero(paths)}

    @cached_property
    def _persons(self) -> NDArray[np.int32]:
        """Of each path the number of its person: theirs are adjacent."""
        people = self.walks.people
        return numbered(people[1:] != people[:-1]) if len(people) else np.zeros(0, np.int32)
