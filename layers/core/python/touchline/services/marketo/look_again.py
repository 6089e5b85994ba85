"""Executions that wait for a connection's share go on at once when the share is changed, and not only when they look
again by themselves."""

from collections.abc import Iterator

from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.executions import Execution
from touchline.errors import Conflict
from touchline.services.marketo.control_execution import resume_execution
from touchline.services.marketo.managing import Managing
from touchline.services.marketo.person_log import note


def not_lowered(before: Share, after: Share) -> frozenset[str]:
    """The limits, by the codes of waits for them, of which there is as much as before or more. As much: Marketo may
    have granted the instance more meanwhile."""
    kept = {
        "daily_calls": after.calls_a_day >= before.calls_a_day,
        "daily_bytes": after.bytes_a_day >= before.bytes_a_day,
    }
    return frozenset(code for code, holds in kept.items() if holds)


def look_again(managing: Managing, connection: str, codes: frozenset[str]) -> None:
    """Any number of times. Who is cut off in the middle asks once more: those that were marked are started then."""
    for execution in _waiting(managing, connection, codes):
        try:
            resumed = resume_execution(managing.executions, managing.workflows, execution)
        except Conflict:
            continue  # it went on by itself in this moment, or was stopped
        if resumed.attempt != execution.attempt:
            note(managing, resumed, "resumed, as the share was set anew", attempt=resumed.attempt)


def _waiting(managing: Managing, connection: str, codes: frozenset[str]) -> Iterator[Execution]:
    for service in managing.services.all(managing.tenant, connection=connection):
        execution = managing.executions.under_way(managing.tenant, service.id)
        if execution is None:
            continue
        if execution.state == "queued" or (execution.waiting is not None and execution.waiting.code in codes):
            yield execution
