"""How many people did step after step."""

from typing import Any

from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.answer_funnel import answer_funnel, people_of_funnel
from touchline.services.sources import Sources, Work

from query_api.funnel_answer import FunnelAnswer, funnel_tables
from query_api.funnel_question import FunnelBody, FunnelCellBody, as_cell, as_funnel
from query_api.kind import Behind, Kind


def _answer(body: FunnelBody, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    return answer_funnel(as_funnel(body, tenant, now), tenant, sources, now, work)


def _people(
    body: FunnelBody, cell: FunnelCellBody, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    funnel = as_funnel(body, tenant, now)
    return people_of_funnel(funnel, as_cell(cell, funnel), tenant, sources, now, work)


KIND = Kind(
    name="funnel",
    operation="askFunnel",
    body=FunnelBody,
    shape=FunnelAnswer,
    answer=_answer,
    tables=funnel_tables,
    summary="Step after step",
    description="How many people did 2 to 10 steps in order, strictly, or in any order, within a window; how long it "
    "took them; broken down; over time. Who may still go on is shown apart from who dropped off.",
    behind=Behind(FunnelCellBody, _people),
    reads_events=True,
    settles=True,
    check=as_funnel,
)
