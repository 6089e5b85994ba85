"""Where a lead is a member: of lists, programs and campaigns."""

from datetime import datetime
from typing import Any, Final

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_values import read_time, to_json
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes

PERMISSION: Final = ("Read-Only Asset", "Read-Write Assets")
PAGE: Final = 300

routes = Routes()


LISTS: Final = """
    select lead, list as "listId", added_at as "createdAt", added_at as "updatedAt" from static_list_members"""
PROGRAMS: Final = """
    select lead, program as id, program as "programId", status as "progressionStatus", reached as "reachedSuccess",
           joined_at as "membershipDate", updated_at as "updatedAt" from program_members"""
# A lead is a member of the campaigns whose flow it went through: those of its activities.
CAMPAIGNS: Final = """
    select lead, campaign as "smartCampaignId", min(happened_at) as "createdAt", max(happened_at) as "updatedAt"
    from activities where campaign is not null group by lead, campaign"""


@routes.get("/rest/v1/leads/{id}/listMembership.json", permission=PERMISSION)
def lists_of_lead(instance: Instance, request: Request) -> Body:
    return _page(instance, request, LISTS, "listId")


@routes.get("/rest/v1/leads/{id}/programMembership.json", permission=PERMISSION)
def programs_of_lead(instance: Instance, request: Request) -> Body:
    return _page(instance, request, PROGRAMS, "programId")


@routes.get("/rest/v1/leads/{id}/smartCampaignMembership.json", permission=PERMISSION)
def campaigns_of_lead(instance: Instance, request: Request) -> Body:
    return _page(instance, request, CAMPAIGNS, "smartCampaignId")


def _page(instance: Instance, request: Request, source: str, key: str) -> Body:
    lead, size = request.number("id"), request.integer("batchSize", PAGE, most=PAGE)
    start = request.integer("nextPageToken", 0)
    conditions, parameters = ["lead = ?"], list[Any]([lead])
    for parameter, sign in (("earliestUpdatedAt", ">="), ("latestUpdatedAt", "<=")):
        if request.text(parameter):
            conditions.append(f'"updatedAt" {sign} ?')
            parameters.append(time_of(request, parameter))
    rows = instance.store.rows(
        f'select * exclude (lead) from ({source}) where {" and ".join(conditions)} order by "{key}" '
        f"limit {size + 1} offset {start}",
        parameters,
    )
    more = len(rows) > size
    page: Body = {"result": [{name: to_json(value) for name, value in row.items()} for row in rows[:size]]}
    return page | {"moreResult": more} | ({"nextPageToken": str(start + size)} if more else {})


def time_of(request: Request, name: str) -> datetime:
    """A parameter that is a time. Raises 1001 where it is none."""
    try:
        return read_time(None, request.text(name))
    except ValueError as error:
        raise Refusal("1001", f"Invalid value '{request.text(name)}'. Required of type 'Date'") from error
