"""All kinds of questions. A new one is a module with a KIND, and a line here."""

from typing import Any, Final

from query_api import (
    attribution,
    attribution_paths,
    cohorts,
    comparison,
    funnel,
    goal_preview,
    kpis,
    paths,
    people,
    retention,
    time_series,
)
from query_api.kind import Kind

_OF_NUMBERS: Final[tuple[Kind[Any], ...]] = (
    time_series.KIND,
    comparison.KIND,
    kpis.KIND,
    attribution.KIND,
    attribution_paths.KIND,
    cohorts.KIND,
    funnel.KIND,
    retention.KIND,
    paths.KIND,
    goal_preview.KIND,
)
_PEOPLE: Final = people.people_kind({kind.name: kind for kind in _OF_NUMBERS if kind.behind is not None})
KINDS: Final[dict[str, Kind[Any]]] = {kind.name: kind for kind in (*_OF_NUMBERS, _PEOPLE)}
