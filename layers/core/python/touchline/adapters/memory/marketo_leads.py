"""Leads of an instance of Marketo in memory: read, changed and merged as Marketo does it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from touchline.domain.marketo.api import RecordResult
from touchline.errors import MarketoRefused

type Row = dict[str, Any]

MOST_LOSERS: Final = 25
EMPTY: Final = (None, "")
NOT_FOUND: Final = ("1004", "Lead not found")


class MemoryLeads:
    """By id; values as Marketo answers them: text, whole numbers, booleans, None. `clock` (epoch ms): where there is
    one, changes set `updatedAt`."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.clock: Callable[[], int] | None = None

    def add(self, row: Mapping[str, Any]) -> int:
        lead = int(row.get("id") or max(self.rows, default=0) + 1)
        self.rows[lead] = {**row, "id": lead}
        return lead

    def found(self, lookup: str, values: Sequence[str], fields: Sequence[str]) -> list[Row]:
        wanted = {value.casefold() for value in values}
        hits = (row for row in self.rows.values() if str(row.get(lookup, "")).casefold() in wanted)
        return [{"id": row["id"], **{name: row.get(name) for name in fields}} for row in hits]

    def update(self, row: Mapping[str, Any]) -> RecordResult:
        kept = self.rows.get(int(row["id"]))
        if kept is None:
            return RecordResult(None, "skipped", *NOT_FOUND)
        changed = {name: None if value in EMPTY else value for name, value in row.items() if name != "id"}
        kept.update(changed, **self._moment())
        return RecordResult(int(row["id"]), "updated")

    def merge(self, winner: int, losers: Sequence[int]) -> None:
        """The winner's value stays unless it is empty; of records of different rank in the CRM the highest stays."""
        if len(losers) > MOST_LOSERS:
            raise MarketoRefused(f"At most {MOST_LOSERS} leads are merged at once.", marketo_code="1080")
        missing = [lead for lead in (winner, *losers) if lead not in self.rows]
        if missing:
            raise MarketoRefused(f"There are no leads {missing}.", marketo_code="1004")
        merged = dict(self.rows[winner])
        for loser in losers:
            merged |= {
                name: value for name, value in self.rows[loser].items() if merged.get(name) in EMPTY and name != "id"
            }
        kept = max((winner, *losers), key=lambda lead: _rank(self.rows[lead]))  # the first of the highest
        for lead in (winner, *losers):
            del self.rows[lead]
        self.rows[kept] = merged | {"id": kept} | self._moment()

    def _moment(self) -> Row:
        if self.clock is None:
            return {}
        return {"updatedAt": datetime.fromtimestamp(self.clock() // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


def _rank(row: Row) -> int:
    """Contact of the CRM, lead of the CRM, known to Marketo alone."""
    if row.get("sfdcContactId"):
        return 2
    return 1 if row.get("sfdcLeadId") else 0
