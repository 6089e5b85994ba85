"""The numbers of retention: a row for each value, in it a line for each cohort, and a mean over what is complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.domain.queries.measures import divide
from touchline.domain.sequences.chains import Marked
from touchline.domain.sequences.retention import Bracket, Grid, Retention
from touchline.domain.sequences.returns import Returns
from touchline.domain.sequences.value_rows import ValueRow, rows_by_value, whole_row


@dataclass(frozen=True, slots=True)
class RetentionPeople:
    """Who began and who came back; `as_of` (epoch ms) decides which cells are complete."""

    asked: Retention
    grid: Grid
    returns: Returns
    as_of: int

    def rows(self) -> list[ValueRow]:
        """Without a breakdown the whole alone."""
        if self.returns.values is None:
            return [whole_row(len(self.returns))]
        return rows_by_value(self.returns.values, self.asked.top, np.ones(len(self.returns), np.bool_))

    def began(self, cohort: int) -> Marked:
        return np.asarray(self.returns.cohorts == cohort)

    def is_complete(self, cohort: int, bracket: Bracket) -> bool:
        return self.asked.complete_from(self.grid, cohort, bracket.last) <= self.as_of

    def has_begun(self, cohort: int, bracket: Bracket) -> bool:
        return self.asked.begun_from(self.grid, cohort, bracket.first) < self.as_of


def retention_row(people: RetentionPeople, chosen: Marked) -> dict[str, Any]:
    """`chosen`: whose row it is."""
    sizes = _by_cohort(people, chosen)
    back = [_by_cohort(people, chosen & people.returns.came_back(bracket)) for bracket in people.asked.brackets]
    return {
        "cohorts": [
            {"people": int(size), "cells": _cells(people, cohort, int(size), [int(column[cohort]) for column in back])}
            for cohort, size in enumerate(sizes)
        ],
        "mean": [
            _mean(people, bracket, sizes, column) for bracket, column in zip(people.asked.brackets, back, strict=True)
        ],
    }


def _cells(people: RetentionPeople, cohort: int, size: int, back: Sequence[int]) -> list[dict[str, Any]]:
    """Blank where the period has not begun for anybody yet."""
    return [
        {
            "people": number if people.has_begun(cohort, bracket) else None,
            "rate": divide(number, size) if people.has_begun(cohort, bracket) else None,
            "complete": people.is_complete(cohort, bracket),
        }
        for bracket, number in zip(people.asked.brackets, back, strict=True)
    ]


def _mean(people: RetentionPeople, bracket: Bracket, sizes: NDArray[np.intp], back: NDArray[np.intp]) -> dict[str, Any]:
    """Pooled: all who came back of all who began, over the cohorts whose cell is complete."""
    complete = [cohort for cohort in range(people.grid.cohorts) if people.is_complete(cohort, bracket)]
    began, returned = int(sizes[complete].sum()), int(back[complete].sum())
    return {"people": returned, "of": began, "rate": divide(returned, began), "cohorts": len(complete)}


def _by_cohort(people: RetentionPeople, chosen: Marked) -> NDArray[np.intp]:
    return np.bincount(people.returns.cohorts[chosen], minlength=people.grid.cohorts)
