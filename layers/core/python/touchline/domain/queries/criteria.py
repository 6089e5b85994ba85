"""Several filters that all have to hold: which events a step, a touch, an entry or a goal is."""

from typing import Final

from touchline.domain.queries.filters import Filter

type Criterion = tuple[Filter, ...]

MOST_CRITERIA: Final = 32
