"""What tests and people may change while the simulator runs: limits, permissions, and doubtful points of the API."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

PERMISSIONS = (
    "Access API",
    "Read-Only Lead",
    "Read-Write Lead",
    "Read-Only Activity",
    "Read-Write Activity",
    "Read-Only Activity Metadata",
    "Read-Only Asset",
    "Read-Write Assets",
    "Read-Write Schema Standard Field",
    "Read-Write Schema Custom Field",
    "Read-Only Campaign",
)


@dataclass(slots=True)
class Switches:
    """The defaults are an ordinary instance."""

    calls_a_day: int = 50_000
    calls_in_window: int = 100
    window_seconds: int = 20
    calls_at_once: int = 10
    refused_calls_count: bool = True  # 606, 607 and 615 count as calls, so hammering prolongs the block
    fixed_central_time: bool = False  # the day begins at 06:00 UTC all year instead of at midnight in Chicago
    export_bytes_a_day: int = 500_000_000
    token_seconds: int = 3600
    allow_query_token: bool = False
    big_lists_refused: bool = True  # activities of a list with 10,000 members or more: 1003
    bulk_pace: float = 1.0  # how long bulk jobs take, as a share of what Marketo takes; 0: no time at all
    import_bytes: int = 10_000_000
    import_blank_clears: bool = False  # an empty cell of an imported file clears its field; `null` always does
    permissions: list[str] = field(default_factory=lambda: list(PERMISSIONS))
    custom_fields: int = 100  # how many can be made by API
    smart_list_exports: bool = True  # False: 1035 for smart lists and updatedAt
    crm_sync: bool = True  # a native Salesforce sync: mergeInCRM is allowed, and CRM records win merges
    crm_rank: bool = True
    slow_by_ms: int = 0  # every answer

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def change(self, wanted: dict[str, Any]) -> None:
        """Raises `ValueError` naming the switch that is unknown or of another type; then nothing is changed."""
        known = {one.name for one in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"no switch is called {name!r}; there are: {', '.join(sorted(known))}")
            now = getattr(self, name)
            if type(value) is not type(now) and not (isinstance(now, float) and isinstance(value, int)):
                raise ValueError(f"{name} takes a {type(now).__name__}, not {value!r}")
        for name, value in wanted.items():
            setattr(self, name, value)
