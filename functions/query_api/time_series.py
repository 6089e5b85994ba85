"""Numbers over time."""

from typing import Any

from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.answer_time_series import answer_time_series
from touchline.services.people_of_series import events_of_series, people_of_series
from touchline.services.sources import Sources, Work

from query_api.answers import TimeSeriesAnswer
from query_api.kind import Behind, Kind
from query_api.time_series_question import SeriesCellBody, TimeSeriesBody, as_cell, as_question
from query_api.time_series_tables import tables_of


def _answer(body: TimeSeriesBody, tenant: Tenant, sources: Sources, now: int, _: Work) -> dict[str, Any]:
    return answer_time_series(as_question(body, tenant, now), tenant, sources, now)


def _people(
    body: TimeSeriesBody, cell: SeriesCellBody, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    question = as_question(body, tenant, now)
    return people_of_series(question, as_cell(cell, question), tenant, sources, now, work)


def _events(
    body: TimeSeriesBody,
    cell: SeriesCellBody,
    tenant: Tenant,
    sources: Sources,
    now: int,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    question = as_question(body, tenant, now)
    return events_of_series(question, as_cell(cell, question), tenant, sources, now, limit=limit, cursor=cursor)


KIND = Kind(
    name="timeseries",
    operation="askTimeSeries",
    body=TimeSeriesBody,
    shape=TimeSeriesAnswer,
    answer=_answer,
    tables=tables_of,
    check=as_question,
    summary="Numbers over time",
    behind=Behind(SeriesCellBody, _people, _events),
    description="Counts, people, amounts, percentiles and rates; any interval and zone; broken down, compared.",
)
