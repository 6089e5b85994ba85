"""What an execution asks Marketo to export: the columns that its rules need, and no others."""

from collections.abc import Mapping, Sequence

from touchline.domain.leads.rules import needed_fields, parse_dedupe_rules
from touchline.domain.marketo.api import ExportOrder, LeadField
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.services import ListReference, Service
from touchline.errors import InvalidRequest
from touchline.services.marketo.execution_json import keep_fields
from touchline.services.marketo.work import Work, marketo_of


def orders_of(work: Work, execution: Execution) -> list[ExportOrder]:
    """Raises `InvalidRequest` where the instance no longer has what the rules name."""
    service = execution.service
    fields = marketo_of(work, execution).fields()
    keep_fields(work, execution, {field.name: field for field in fields})
    return [ExportOrder("leads", tuple(_columns(service, fields)), _members(service.list))]


def _columns(service: Service, fields: Sequence[LeadField]) -> list[str]:
    return needed_fields(parse_dedupe_rules(service.rules, fields))


def _members(chosen: ListReference | None) -> Mapping[str, int]:
    if chosen is None:
        raise InvalidRequest("The service has no list.", field="list")
    return {"staticListId" if chosen.kind == "static" else "smartListId": chosen.id}
