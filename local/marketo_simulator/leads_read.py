"""Leads as they are read: one by id, many by a filter."""

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.routing import Body, Request, Routes

routes = Routes()


@routes.get("/rest/v1/lead/{id}.json", permission=("Read-Only Lead", "Read-Write Lead"))
def read_lead(instance: Instance, request: Request) -> Body:
    found = instance.store.rows("select id, email from leads where id = ?", [request.number("id")])
    return {"result": found}
