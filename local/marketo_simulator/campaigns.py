"""Campaigns of the lead database, as the older call lists them."""

from typing import Any, Final

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_values import to_json
from local.marketo_simulator.paging import make_token, read_after
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes, is_number

PERMISSION: Final = ("Read-Only Campaign", "Read-Only Asset", "Read-Write Assets")
PAGE: Final = 300
SHOWN: Final = """
    select id, name, kind as "type", program as "programName", 'Default' as "workspaceName",
           created_at as "createdAt", created_at as "updatedAt", active from campaigns"""

routes = Routes()


@routes.get("/rest/v1/campaigns.json", permission=PERMISSION)
def find_campaigns(instance: Instance, request: Request) -> Body:
    conditions, parameters = ["true"], list[Any]()
    if request.values("id"):
        conditions.append("id in (select unnest(?::bigint[]))")
        parameters.append([int(text) for text in request.values("id") if is_number(text)])
    for parameter, name in (("name", "name"), ("programName", "program")):
        if request.text(parameter):
            conditions.append(f"{name} = ?")
            parameters.append(request.text(parameter))
    size = request.integer("batchSize", PAGE, most=PAGE)
    conditions.append("id > ?")
    parameters.append(read_after(request))
    where = " and ".join(conditions)
    rows = instance.store.rows(f"{SHOWN} where {where} order by id limit {size + 1}", parameters)
    page: Body = {"result": [{name: to_json(value) for name, value in row.items()} for row in rows[:size]]}
    if len(rows) > size:
        page["nextPageToken"] = make_token(after=rows[size - 1]["id"])
    return page


@routes.get("/rest/v1/campaigns/{id}.json", permission=PERMISSION)
def read_campaign(instance: Instance, request: Request) -> Body:
    rows = instance.store.rows(f"{SHOWN} where id = ?", [request.number("id")])
    if not rows:
        raise Refusal("1013", f"Campaign '{request.number('id')}' not found")
    return {"result": [{name: to_json(value) for name, value in row.items()} for row in rows]}
