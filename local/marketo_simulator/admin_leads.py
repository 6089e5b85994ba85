"""Admin paths about leads: the truth about duplicates, what the tables hold, and what others do in Marketo itself."""

from typing import Any

import duckdb

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_book import lead_fields
from local.marketo_simulator.lead_changes import change_leads
from local.marketo_simulator.lead_values import to_json, to_store
from local.marketo_simulator.leads_merge import merge_leads, read_leads
from local.marketo_simulator.routing import Request


def read_truth(instance: Instance, request: Request) -> dict[str, Any]:
    """Who is the same person as whom, as it was seeded: `[[lead, person, kind], …]`."""
    rows = instance.store.cursor().execute("select lead, person, kind from true_duplicates order by lead").fetchall()
    return {"duplicates": [list(row) for row in rows]}


def read_rows(instance: Instance, request: Request) -> dict[str, Any]:
    """`{"sql": "select …"}` over the tables of `schema.py`; it cannot change anything."""
    sql = str(request.json()["sql"])
    if any(statement.type != duckdb.StatementType.SELECT for statement in duckdb.extract_statements(sql)):
        raise ValueError("only a select is allowed")
    try:
        rows = instance.store.rows(sql)
    except duckdb.Error as error:
        raise ValueError(str(error)) from error
    return {"rows": [{name: to_json(value) for name, value in row.items()} for row in rows]}


def change_leads_as_others(instance: Instance, request: Request) -> dict[str, Any]:
    """`{"leads": {"17": {"title": "CEO"}}}`: as if somebody else had changed them in Marketo itself."""
    fields = lead_fields(instance.store)
    changes = {
        int(lead): {name: to_store(fields[name], value) for name, value in values.items()}
        for lead, values in request.json()["leads"].items()
    }
    change_leads(instance.store, changes, instance.clock.now(), source="Somebody else")
    return {"leads": len(changes)}


def merge_as_others(instance: Instance, request: Request) -> dict[str, Any]:
    """`{"winner": 17, "losers": [18]}`: as if somebody else had merged them."""
    body = request.json()
    leads = read_leads(instance.store, [int(body["winner"]), *map(int, body["losers"])])
    merge_leads(instance.store, leads, instance.clock.now(), in_crm=False)
    return {}
