"""What an import of activities asks Marketo to export: a list's leads, and what happened since the last import."""

from typing import Any, Final

from touchline.domain.marketo.activities import COLUMNS
from touchline.domain.marketo.activity_rules import ActivityRules, needed_fields, parse_activity_rules
from touchline.domain.marketo.activity_windows import windows
from touchline.domain.marketo.api import ExportOrder
from touchline.domain.marketo.executions import Execution
from touchline.marketo_ports import Executions
from touchline.services.marketo.work import Work, log_line

IMPORTED_UNTIL: Final = "imported_until"  # of an execution's results: epoch ms, the first second that is still missing
PAGE: Final = 50


def activity_rules_of(execution: Execution) -> ActivityRules:
    return parse_activity_rules(execution.service.rules)


def activity_orders(work: Work, execution: Execution) -> list[ExportOrder]:
    """None of activities where too little time has passed since the last import."""
    rules = activity_rules_of(execution)
    done_until = imported_until(work.executions, execution.tenant, execution.service.id)
    found = windows(work.clock(), done_until=done_until, first_days=rules.first_days, late_hours=rules.late_hours)
    log_line(work, execution, "export", "asks for activities", windows=[window.as_filter() for window in found])
    orders = [
        ExportOrder("activities", COLUMNS, {"createdAt": window.as_filter(), "activityTypeIds": list(rules.types)})
        for window in found
    ]
    return [*_members(execution, rules), *orders] if orders else []


def _members(execution: Execution, rules: ActivityRules) -> list[ExportOrder]:
    chosen = execution.service.list
    if chosen is None:
        return []
    members: dict[str, Any] = {"staticListId" if chosen.kind == "static" else "smartListId": chosen.id}
    return [ExportOrder("leads", tuple(needed_fields(rules)), members)]


def imported_until(executions: Executions, tenant: str, service: str) -> int | None:
    """Where the latest import of the service ended that was completed; None before the first."""
    after = None
    while True:
        page = executions.page(tenant, service=service, limit=PAGE, after=after)
        for one in page.executions:
            if one.state == "completed" and IMPORTED_UNTIL in one.results:
                return int(one.results[IMPORTED_UNTIL])
        if page.after is None:
            return None
        after = page.after
