"""All kinds of questions. A new one is a module with a KIND, and a line here."""

from typing import Any, Final

from query_api import comparison, time_series
from query_api.kind import Kind

KINDS: Final[dict[str, Kind[Any]]] = {kind.name: kind for kind in (time_series.KIND, comparison.KIND)}
