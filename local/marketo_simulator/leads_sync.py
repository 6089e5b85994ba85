"""Leads created and updated by API: what becomes of each record, and of the leads that it finds."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_book import column, lead_fields
from local.marketo_simulator.lead_changes import add_leads, change_leads
from local.marketo_simulator.lead_fields import COMPANY_FIELDS, LeadFieldSpec
from local.marketo_simulator.lead_values import BadValue, to_store
from local.marketo_simulator.leads_read import is_searchable, matching
from local.marketo_simulator.leads_write import SOURCE, WRITE
from local.marketo_simulator.records import Result, records, skipped
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes
from local.marketo_simulator.store import Store

ACTIONS: Final = ("createOrUpdate", "createOnly", "updateOnly", "createDuplicate")
LARGEST_RECORD: Final = 65_536  # bytes of its attributes

routes = Routes()


@dataclass(frozen=True, slots=True)
class Sync:
    """What a call asks to be done with each of its records."""

    action: str
    lookup: LeadFieldSpec
    partition: int | None  # None: wherever the lead is, and the first one for new leads


@routes.post("/rest/v1/leads.json", permission=WRITE)
def sync_leads(instance: Instance, request: Request) -> Body:
    body = request.json()
    sync = _read_sync(instance.store, body)
    return {"result": sync_records(instance.store, sync, records(body), instance.clock.now(), source=SOURCE)}


def _read_sync(store: Store, body: Mapping[str, Any]) -> Sync:
    action = body.get("action") or "createOrUpdate"
    if action not in ACTIONS:
        raise Refusal("1003", f"Invalid value for 'action': {action}")
    name = body.get("lookupField") or "email"
    lookup = lead_fields(store).get(str(name))
    if lookup is None or not is_searchable(lookup):
        raise Refusal("1011", f"Field '{name}' is not supported for lookup")
    if lookup.name == "id" and action != "updateOnly":
        raise Refusal("1003", f"Lookup field 'id' is not allowed with action '{action}'")
    return Sync(action, lookup, _partition(store, body.get("partitionName"), action))


def _partition(store: Store, name: object, action: str) -> int | None:
    if not name:
        return None
    if action not in ("createOrUpdate", "createOnly"):
        raise Refusal("1003", f"'partitionName' is not allowed with action '{action}'")
    found = store.value("select id from partitions where name = ?", [str(name)])
    if found is None:
        raise Refusal("1003", f"Lead partition '{name}' not found")
    return int(found)


def sync_records(store: Store, sync: Sync, rows: Sequence[Mapping[str, Any]], now: int, *, source: str) -> list[Result]:
    """One result for each row, in order. A record that is refused stops no other."""
    fields = {name.casefold(): field for name, field in lead_fields(store).items()}
    results: list[Result] = [{} for _ in rows]
    read: dict[int, dict[str, Any]] = {}
    for number, row in enumerate(rows):
        try:
            read[number] = _read_row(fields, sync, row)
        except BadValue as error:
            results[number] = skipped(error.code, error.message)
    with store.writing():
        plan = Plan(sync, _hits(store, sync, [row.get(sync.lookup.name) for row in read.values()]))
        for number, row in read.items():
            results[number] = plan.take(number, row)
        change_leads(store, plan.updates, now, source=source)
        ids = add_leads(store, list(plan.creations.values()), now, partition=sync.partition or 1, source=source)
        for number, lead in zip(plan.creations, ids, strict=True):
            results[number] = {"id": lead, "status": "created"}
    return results


def _read_row(fields: Mapping[str, LeadFieldSpec], sync: Sync, row: Mapping[str, Any]) -> dict[str, Any]:
    if sum(len(str(value).encode()) for value in row.values()) > LARGEST_RECORD:
        raise BadValue("1049", f"Attributes are larger than {LARGEST_RECORD} bytes")
    read = {}
    for name, value in row.items():
        field = fields.get(name.casefold())
        if field is None:
            raise BadValue("1006", f"Field '{name}' not found")
        if field.name != sync.lookup.name:
            _check_writable(field, sync)
        read[field.name] = to_store(field, value)
    if sync.action != "createDuplicate" and read.get(sync.lookup.name) is None:
        raise BadValue("1002", f"Missing value for required parameter '{sync.lookup.name}'")
    return read


def _check_writable(field: LeadFieldSpec, sync: Sync) -> None:
    if field.name == "id":
        raise BadValue("1003", f"Field 'id' is not allowed with action '{sync.action}'")
    if field.crm_managed:
        raise BadValue("1018", f"Field '{field.name}' is managed by the CRM")
    if field.name in COMPANY_FIELDS:
        raise BadValue("1021", f"Company field '{field.name}' cannot be updated here")
    if not field.updateable:
        raise BadValue("1003", f"Field '{field.name}' is not updateable")


def _hits(store: Store, sync: Sync, values: Sequence[Any]) -> Mapping[str, list[int]]:
    """Leads by lookup value, in small letters."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    wanted = [value for value in values if value is not None]
    if not wanted or sync.action == "createDuplicate":
        return found
    condition, parameter = matching(sync.lookup, wanted)
    name = column(sync.lookup.name)
    inside = ' and "leadPartitionId" = ?' if sync.partition is not None else ""
    more = [sync.partition] if sync.partition is not None else []
    rows = store.rows(
        f"select id, {name} as value from leads where {condition}{inside} order by id", [parameter, *more]
    )
    for row in rows:
        found[str(row["value"]).lower()].append(row["id"])
    return found


class Plan:
    """What the records of a call come to; each key may come once. `updates` by lead, `creations` by record."""

    def __init__(self, sync: Sync, hits: Mapping[str, list[int]]) -> None:
        self._sync = sync
        self._hits = hits
        self._keys: set[str] = set()
        self.updates: dict[int, dict[str, Any]] = {}
        self.creations: dict[int, dict[str, Any]] = {}

    def take(self, number: int, row: Mapping[str, Any]) -> Result:
        """The record's result; that of a creation is empty until the lead has an id."""
        values = {name: value for name, value in row.items() if name != "id"}
        if self._sync.action == "createDuplicate":
            self.creations[number] = values
            return {}
        key = str(row[self._sync.lookup.name]).lower()
        found = self._hits.get(key, [])
        if key in self._keys:
            return skipped("1036", "Duplicate object found in input")
        self._keys.add(key)
        if len(found) > 1:
            return skipped("1007", "Multiple lead match lookup criteria")
        return self._update(found[0], values) if found else self._create(number, values)

    def _update(self, lead: int, values: dict[str, Any]) -> Result:
        if self._sync.action == "createOnly":
            return skipped("1005", "Lead already exists")
        self.updates[lead] = values
        return {"id": lead, "status": "updated"}

    def _create(self, number: int, values: dict[str, Any]) -> Result:
        if self._sync.action == "updateOnly":
            return skipped("1004", "Lead not found")
        self.creations[number] = values
        return {}
