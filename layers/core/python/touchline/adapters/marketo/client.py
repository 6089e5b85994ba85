"""One instance of Marketo over its REST API, as the port has it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from touchline.adapters.marketo import checks, exports, files, imports, leads, lists, schema
from touchline.adapters.marketo.access import Access
from touchline.adapters.marketo.calls import Calls
from touchline.domain.marketo.api import ExportJob, ExportOrder, ImportJob, JobKind, LeadField, LeadList, RecordResult
from touchline.domain.marketo.connections import Check
from touchline.domain.marketo.services import ListKind

type Row = dict[str, Any]


class MarketoClient:
    def __init__(self, access: Access) -> None:
        self._calls = Calls(access)

    def check(self) -> list[Check]:
        return checks.check_all(self._calls)

    def fields(self) -> list[LeadField]:
        return schema.read_fields(self._calls)

    def create_fields(self, fields: Sequence[LeadField]) -> None:
        schema.create_fields(self._calls, fields)

    def lists(self, kind: ListKind, *, name: str = "", offset: int = 0, limit: int = 200) -> list[LeadList]:
        return lists.find_lists(self._calls, kind, name, offset, limit)

    def get_list(self, kind: ListKind, list_id: int) -> LeadList | None:
        return lists.get_list(self._calls, kind, list_id)

    def smart_list_rules(self, list_id: int) -> Mapping[str, Any] | None:
        return lists.read_smart_list_rules(self._calls, list_id)

    def begun_at(self) -> int:
        return lists.read_beginning(self._calls)

    def activity_types(self) -> Mapping[int, str]:
        return schema.read_activity_types(self._calls)

    def calls_today(self) -> int:
        return schema.read_calls_today(self._calls)

    def create_export(self, order: ExportOrder) -> ExportJob:
        return exports.create_export(self._calls, order)

    def enqueue_export(self, kind: JobKind, job: str) -> ExportJob:
        return exports.enqueue_export(self._calls, kind, job)

    def get_export(self, kind: JobKind, job: str) -> ExportJob | None:
        return exports.get_export(self._calls, kind, job)

    def exports(self, kind: JobKind, states: Sequence[str] = ()) -> list[ExportJob]:
        return exports.list_exports(self._calls, kind, states)

    def cancel_export(self, kind: JobKind, job: str) -> None:
        exports.cancel_export(self._calls, kind, job)

    def read_export(self, kind: JobKind, job: str, start: int, end: int) -> Iterator[bytes]:
        return files.read_export(self._calls, kind, job, start, end)

    def import_leads(self, csv: bytes, *, lookup: str) -> ImportJob:
        return imports.import_leads(self._calls, csv, lookup)

    def get_import(self, job: str) -> ImportJob | None:
        return imports.get_import(self._calls, job)

    def import_failures(self, job: str) -> Iterator[Row]:
        return imports.import_rows(self._calls, job, "failures")

    def import_warnings(self, job: str) -> Iterator[Row]:
        return imports.import_rows(self._calls, job, "warnings")

    def leads(self, lookup: str, values: Sequence[str], fields: Sequence[str]) -> list[Row]:
        return leads.find_leads(self._calls, lookup, values, fields)

    def update_leads(self, rows: Sequence[Row]) -> list[RecordResult]:
        return leads.update_leads(self._calls, rows)

    def merge_leads(self, winner: int, losers: Sequence[int], *, in_crm: bool) -> None:
        leads.merge_leads(self._calls, winner, losers, in_crm=in_crm)
