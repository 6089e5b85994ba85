"""An instance of Marketo in memory: leads, lists, exports, imports and merges, without limits unless they are set."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from touchline.adapters.memory.marketo_jobs import Exports, Imports, activities_of, from_csv, typed, within
from touchline.adapters.memory.marketo_leads import MemoryLeads
from touchline.domain.marketo.api import ExportJob, ExportOrder, ImportJob, JobKind, LeadField, LeadList, RecordResult
from touchline.domain.marketo.connections import Check
from touchline.domain.marketo.services import ListKind
from touchline.errors import MarketoRefused, MarketoUnavailable, NotFound

type Row = dict[str, Any]

LISTS: tuple[tuple[ListKind, str], ...] = (("static", "staticListId"), ("smart", "smartListId"))
EVERYBODY: Mapping[str, Any] = {
    "filterMatchType": "all",
    "filters": [{"name": "Email Address", "conditions": [{"operator": "is not empty", "values": []}]}],
}
FIELDS = (
    LeadField("id", "Id", "integer", updateable=False, searchable=True),
    LeadField("email", "Email Address", "email", 255, searchable=True),
    LeadField("firstName", "First Name", "string", 255),
    LeadField("lastName", "Last Name", "string", 255),
    LeadField("company", "Company Name", "string", 255, updateable=False),
    LeadField("leadScore", "Lead Score", "integer"),
    LeadField("unsubscribed", "Unsubscribed", "boolean"),
    LeadField("createdAt", "Created At", "datetime", updateable=False),
    LeadField("updatedAt", "Updated At", "datetime", updateable=False),
    LeadField("sfdcLeadId", "SFDC Lead Id", "string", 18, updateable=False, searchable=True),
    LeadField("sfdcContactId", "SFDC Contact Id", "string", 18, updateable=False, searchable=True),
)


class MemoryMarketo:
    """`faults`: what the next calls of a method raise instead of working; `late_faults`: what they raise although they
    worked. `calls`: how often each method was called.
    """

    def __init__(self, leads: Sequence[Mapping[str, Any]] = (), *, polls: int = 0) -> None:
        self.known_fields = {field.name: field for field in FIELDS}
        self.known_lists: list[LeadList] = []
        self.members: dict[tuple[ListKind, int], list[int]] = {}
        self.smart_rules: dict[int, Mapping[str, Any]] = {}  # who is a member of a list follows from `members` alone
        self.exports_smart_lists = True
        self.began = 1_704_067_200_000  # 2024-01-01
        self.activities: list[Row] = []
        self.types: dict[int, str] = {6: "Send Email", 7: "Email Delivered", 10: "Open Email", 11: "Click Email"}
        self.checks: list[Check] = [Check("credentials", "ok", "Marketo took client id and secret.")]
        self.store = MemoryLeads()
        self.jobs = Exports(polls)
        self.imports = Imports()
        self.faults: dict[str, list[Exception]] = {}
        self.late_faults: dict[str, list[Exception]] = {}
        self.calls: Counter[str] = Counter()
        self.used_elsewhere = 0
        self.cuts: list[int] = []  # after how many bytes the next readings of a file end too early
        for lead in leads:
            self.store.add(lead)

    def add_list(self, kind: ListKind, list_id: int, name: str, members: Sequence[int]) -> LeadList:
        made = LeadList(kind, list_id, name, "Program", "Default")
        self.known_lists.append(made)
        self.members[kind, list_id] = list(members)
        return made

    def check(self) -> list[Check]:
        self._begin("check")
        return list(self.checks)

    def fields(self) -> list[LeadField]:
        self._begin("fields")
        return list(self.known_fields.values())

    def create_fields(self, fields: Sequence[LeadField]) -> None:
        self._begin("create_fields")
        for field in fields:
            kept = self.known_fields.setdefault(field.name, field)
            if kept.data_type != field.data_type:
                raise MarketoRefused(f"{field.name} is a field of the type {kept.data_type}.", field=field.name)

    def lists(self, kind: ListKind, *, name: str = "", offset: int = 0, limit: int = 200) -> list[LeadList]:
        self._begin("lists")
        named = [one for one in self.known_lists if one.kind == kind and name.casefold() in one.name.casefold()]
        return sorted(named, key=lambda one: one.id)[offset : offset + limit]

    def get_list(self, kind: ListKind, list_id: int) -> LeadList | None:
        self._begin("get_list")
        return next((one for one in self.known_lists if (one.kind, one.id) == (kind, list_id)), None)

    def smart_list_rules(self, list_id: int) -> Mapping[str, Any] | None:
        self._begin("smart_list_rules")
        return self.smart_rules.get(list_id, EVERYBODY) if ("smart", list_id) in self.members else None

    def begun_at(self) -> int:
        self._begin("begun_at")
        return self.began

    def activity_types(self) -> Mapping[int, str]:
        self._begin("activity_types")
        return dict(self.types)

    def calls_today(self) -> int:
        self._begin("calls_today")
        return self.used_elsewhere + self.calls.total()

    def create_export(self, order: ExportOrder) -> ExportJob:
        self._begin("create_export")
        unknown = [name for name in order.fields if order.kind == "leads" and name not in self.known_fields]
        if unknown:
            raise MarketoRefused(f"Invalid fields {unknown}", marketo_code="1003", field="fields")
        job = self.jobs.create(order, self._asked(order))
        self._end("create_export")
        return job

    def _asked(self, order: ExportOrder) -> list[Row]:
        if order.kind == "activities":
            return activities_of(order.filter, self.activities)
        for kind, key in LISTS:
            if key in order.filter:
                if kind == "smart" and not self.exports_smart_lists:
                    raise MarketoRefused("Marketo answered 1035 (Unsupported filter type).", marketo_code="1035")
                members = self.members.get((kind, order.filter[key]))
                if members is None:
                    raise MarketoRefused(f"There is no {kind} list {order.filter[key]}.", marketo_code="1003")
                return [self.store.rows[lead] for lead in members if lead in self.store.rows]
        return [row for row in self.store.rows.values() if within(order.filter["createdAt"], row["createdAt"])]

    def enqueue_export(self, kind: JobKind, job: str) -> ExportJob:
        self._begin("enqueue_export")
        queued = self.jobs.enqueue(job)
        self._end("enqueue_export")
        return queued

    def get_export(self, kind: JobKind, job: str) -> ExportJob | None:
        self._begin("get_export")
        return self.jobs.poll(kind, job)

    def exports(self, kind: JobKind, states: Sequence[str] = ()) -> list[ExportJob]:
        self._begin("exports")
        seen = [self.jobs.seen(job) for job in self.jobs.jobs]
        return [job for job in seen if job.kind == kind and (not states or job.state in states)]

    def cancel_export(self, kind: JobKind, job: str) -> None:
        self._begin("cancel_export")
        self.jobs.cancel(job)

    def read_export(self, kind: JobKind, job: str, start: int, end: int) -> Iterator[bytes]:
        self._begin("read_export")
        if self.jobs.jobs[job].state != "Completed":
            raise NotFound(f"The export {job} has no file.")
        wanted = self.jobs.files[job][start:end]
        cut = self.cuts.pop(0) if self.cuts else len(wanted)
        for at in range(0, min(cut, len(wanted)), 65_536):
            yield wanted[at : min(at + 65_536, cut)]
        if cut < len(wanted):
            raise MarketoUnavailable(f"Marketo's answer ended {len(wanted) - cut} bytes too early.")

    def import_leads(self, csv: bytes, *, lookup: str) -> ImportJob:
        self._begin("import_leads")
        rows = list(from_csv(csv))
        results = [
            self.store.update({name: typed(value, self.known_fields[name].data_type) for name, value in row.items()})
            for row in rows
        ]
        job = self.imports.run(rows, results)
        self._end("import_leads")
        return job

    def get_import(self, job: str) -> ImportJob | None:
        self._begin("get_import")
        return self.imports.jobs.get(job)

    def import_failures(self, job: str) -> Iterator[Row]:
        self._begin("import_failures")
        return iter(self.imports.failures[job])

    def import_warnings(self, job: str) -> Iterator[Row]:
        self._begin("import_warnings")
        return iter(())

    def leads(self, lookup: str, values: Sequence[str], fields: Sequence[str]) -> list[Row]:
        self._begin("leads")
        return self.store.found(lookup, values, fields)

    def update_leads(self, rows: Sequence[Row]) -> list[RecordResult]:
        self._begin("update_leads")
        results = [self.store.update(row) for row in rows]
        self._end("update_leads")
        return results

    def merge_leads(self, winner: int, losers: Sequence[int], *, in_crm: bool) -> None:
        self._begin("merge_leads")
        if in_crm and len(losers) > 1:
            raise MarketoRefused("Two records are merged at once in the CRM.", marketo_code="1003")
        self.store.merge(winner, losers)
        self._end("merge_leads")

    def _begin(self, method: str) -> None:
        self.calls[method] += 1
        _raise_next(self.faults.get(method))

    def _end(self, method: str) -> None:
        _raise_next(self.late_faults.get(method))


def _raise_next(faults: list[Exception] | None) -> None:
    if faults:
        raise faults.pop(0)
