"""/v1/reports: questions kept under a name, whose link answers them anew each time."""

from typing import Any

import orjson
from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, Field, ValidationError
from touchline.domain.queries.clock import rfc3339, zone_named
from touchline.domain.reports import Report
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest
from touchline.services.keep_reports import change_report, delete_report, find_report, save_report

from query_api import parts
from query_api.answering import answered, patience
from query_api.answers import ANSWERED, PROBLEMS
from query_api.delivery import Format, TableName, wanted
from query_api.kind import Kind
from query_api.kinds import KINDS
from query_api.parts import json_answer, new_id, now
from query_api.problems import fault_of
from query_api.questions import QuestionBody, Strict, Text, scope_of
from query_api.routing import new_router, tenant_of

router = new_router()
# A saved range may be as wide as any kind's; the kind itself says when it is asked.
WIDEST_DAYS = 3_660


class ReportBody(Strict):
    name: Text
    kind: Text = Field(examples=["timeseries"], description="As in POST /v1/queries/<kind>.")
    body: dict[str, Any] = Field(description="The question; with `range` in words it is of the day it is asked.")


class ReportAnswer(BaseModel):
    id: str
    name: str
    kind: str
    body: dict[str, Any]
    created_at: str
    changed_at: str
    answer: str = Field(description="The stable link to its answer.")


class ReportsAnswer(BaseModel):
    reports: list[ReportAnswer]


def _told(description: str, shape: type[BaseModel] = ReportAnswer, status: int = 200) -> dict[int, Any]:
    return {status: {"description": description, "content": {"application/json": {"model": shape}}}, **PROBLEMS}


@router.get(
    "/v1/reports",
    summary="Saved questions, oldest first",
    responses=_told("All of them", ReportsAnswer),
    tags=["Reports"],
    operation_id="listReports",
)
def list_reports() -> Response[str]:
    tenant = tenant_of(router)
    return json_answer({"reports": [_shown(one, tenant) for one in parts.saved_reports().of_tenant(tenant.id)]})


@router.post(
    "/v1/reports",
    summary="Save a question",
    description="Needs the scope analyst. The question is checked as its kind would.",
    responses=_told("The report", status=201),
    tags=["Reports"],
    operation_id="saveReport",
)
def save(new: ReportBody) -> Response[str]:
    tenant = tenant_of(router)
    _question(new.kind, new.body, tenant)
    report = Report(tenant.id, new_id(), new.name, new.kind, new.body, now(), now())
    return _created(save_report(parts.saved_reports(), report), tenant)


@router.get(
    "/v1/reports/<report_id>",
    summary="A saved question",
    responses=_told("The report"),
    tags=["Reports"],
    operation_id="readReport",
)
def read(report_id: str) -> Response[str]:
    tenant = tenant_of(router)
    return json_answer(_shown(find_report(parts.saved_reports(), tenant.id, report_id), tenant))


@router.put(
    "/v1/reports/<report_id>",
    summary="Change a saved question; its link stays",
    description="Needs the scope analyst.",
    responses=_told("The report"),
    tags=["Reports"],
    operation_id="changeReport",
)
def change(report_id: str, new: ReportBody) -> Response[str]:
    tenant = tenant_of(router)
    _question(new.kind, new.body, tenant)
    told = new.model_dump()
    return json_answer(_shown(change_report(parts.saved_reports(), tenant.id, report_id, now=now(), **told), tenant))


@router.delete(
    "/v1/reports/<report_id>",
    summary="Delete a saved question",
    description="Needs the scope analyst.",
    responses={204: {"description": "It is gone"}, **PROBLEMS},
    tags=["Reports"],
    operation_id="deleteReport",
)
def delete(report_id: str) -> Response[str]:
    delete_report(parts.saved_reports(), tenant_of(router).id, report_id)
    return Response(204, body="")


@router.get(
    "/v1/reports/<report_id>/answer",
    summary="The answer to a saved question, as of now",
    description="The stable link: as the kind answers it; as CSV one of its tables.",
    responses={200: {"description": "The answer"}, **ANSWERED},
    tags=["Reports"],
    operation_id="answerReport",
)
def answer(report_id: str, format: Format = None, table: TableName = None) -> Response[str]:
    tenant, event = tenant_of(router), router.current_event
    report = find_report(parts.saved_reports(), tenant.id, report_id)
    kind, body = _question(report.kind, report.body, tenant)
    return answered(kind, body, tenant, wanted(event, format, table), patience(event))


def _question(name: str, body: Any, tenant: Tenant) -> tuple[Kind[Any], BaseModel]:
    """Raises InvalidRequest and its kinds, as the kind itself would."""
    kind = KINDS.get(name)
    if kind is None:
        raise InvalidRequest(f"No kind of question is named {name[:64]!r}. Kinds: {', '.join(KINDS)}.", field="kind")
    try:
        asked: BaseModel = kind.body.model_validate(body)
    except ValidationError as error:
        fault = fault_of(dict(error.errors()[0]))
        raise InvalidRequest(f"body.{fault['field']}: {fault['reason']}", field=f"body.{fault['field']}") from error
    if kind.check is not None:
        kind.check(asked, tenant, now())
    elif isinstance(asked, QuestionBody):
        scope_of(asked, tenant, now(), most_days=WIDEST_DAYS)
    return kind, asked


def _created(report: Report, tenant: Tenant) -> Response[str]:
    headers = {"Location": f"/v1/reports/{report.id}"}
    return Response(201, "application/json", orjson.dumps(_shown(report, tenant)).decode(), headers)


def _shown(report: Report, tenant: Tenant) -> dict[str, Any]:
    zone = zone_named(tenant.time_zone)
    return {
        "id": report.id,
        "name": report.name,
        "kind": report.kind,
        "body": report.body,
        "created_at": rfc3339(report.created_at, zone),
        "changed_at": rfc3339(report.changed_at, zone),
        "answer": f"/v1/reports/{report.id}/answer",
    }
