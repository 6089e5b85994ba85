"""What an execution asks Marketo to export: the columns that its rules need, or that it undoes, and no others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from touchline.domain.leads import domain_rules, hash_rules, rules
from touchline.domain.marketo.api import ExportOrder, LeadField
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.services import Kind, ListReference
from touchline.domain.marketo.undoing import are_few
from touchline.errors import InvalidRequest
from touchline.services.marketo.activity_orders import activity_orders
from touchline.services.marketo.execution_json import keep_fields
from touchline.services.marketo.incremental_choice import TIMED, Choice, choose
from touchline.services.marketo.work import Work, marketo_of
from touchline.services.marketo.written_changes import undone_of, written_columns

type Columns = Callable[[Mapping[str, Any], Sequence[LeadField]], list[str]]

COLUMNS: Mapping[Kind, Columns] = {
    "dedupe": lambda raw, fields: rules.needed_fields(rules.parse_dedupe_rules(raw, fields)),
    "email_hash": lambda raw, fields: hash_rules.needed_fields(hash_rules.parse_hash_rules(raw, fields)),
    "email_domain": lambda raw, fields: domain_rules.needed_fields(domain_rules.parse_domain_rules(raw, fields)),
}


def orders_of(work: Work, execution: Execution) -> tuple[list[ExportOrder], Choice | None]:
    """And whether only what changed is to be read, where the rules ask for that. Raises `InvalidRequest` where the
    instance no longer has what the rules name."""
    service = execution.service
    if service.kind == "activity_import":
        return activity_orders(work, execution), None
    fields = marketo_of(work, execution).fields()
    keep_fields(work, execution, {field.name: field for field in fields})
    if execution.undoes is not None:
        return _orders_to_undo(work, execution, fields), None
    choice = choose(work, execution, fields)
    columns = COLUMNS[service.kind](service.rules, fields) if choice is None or choice.base is None else TIMED
    return [ExportOrder("leads", tuple(dict.fromkeys(columns)), _members(service.list))], choice


def _orders_to_undo(work: Work, execution: Execution, fields: Sequence[LeadField]) -> list[ExportOrder]:
    """None where few leads were written to: they are asked for by id, whatever the length of the list."""
    columns = written_columns(work, execution)
    known = {field.name for field in fields}
    if missing := [name for name in columns if name not in known]:
        raise InvalidRequest(
            f"The instance has no field {missing[0]} any more, to which the execution {execution.undoes} wrote. Bring "
            "it back in Marketo, then resume.",
            field=missing[0],
        )
    if are_few(undone_of(work, execution)):
        return []
    return [ExportOrder("leads", tuple(columns), _members(execution.service.list))]


def _members(chosen: ListReference | None) -> Mapping[str, int]:
    if chosen is None:
        raise InvalidRequest("The service has no list.", field="list")
    return {"staticListId" if chosen.kind == "static" else "smartListId": chosen.id}
