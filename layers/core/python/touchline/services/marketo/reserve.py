"""Stage 1: what today's part of the plan needs is set apart from the connection's share, or waited for."""

from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.ledger import reservable_calls
from touchline.domain.marketo.steps import Done, Step
from touchline.marketo_ports import Reservation
from touchline.services.marketo.work import Work, connection_of, log_line

UNPLANNED_CALLS = 50  # an export, its polls and pieces, and an import or two
UNPLANNED_BYTES = 50_000_000


def reserve(work: Work, execution: Execution) -> Step:
    """Raises `MarketoLimitReached` where others have what is left of today."""
    connection = connection_of(work, execution)
    wanted = needed_today(execution, connection.share)
    work.ledger.reserve(execution.tenant, connection, wanted, work.clock())
    log_line(work, execution, "reserve", "reserved", calls=wanted.calls, bytes=wanted.bytes)
    return Done({"calls": wanted.calls, "bytes": wanted.bytes})


def needed_today(execution: Execution, share: Share) -> Reservation:
    """Never more than a day has: what a plan needs beyond it is waited for when it is reached. Of what was used before,
    by an earlier run, nothing is needed again."""
    calls = max(0, int(execution.plan.get("calls") or UNPLANNED_CALLS) - execution.usage.calls)
    size = max(0, int(execution.plan.get("bytes") or UNPLANNED_BYTES) - execution.usage.bytes)
    return Reservation(execution.id, min(calls, reservable_calls(share)), min(size, share.bytes_a_day))
