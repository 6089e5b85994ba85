"""What people did to an execution, among its lines."""

from typing import Any

from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.managing import Managing


def note(managing: Managing, execution: Execution, message: str, **facts: Any) -> None:
    stage = execution.progress.stage
    managing.log.write(managing.tenant, execution.id, managing.now, stage, message, {"by": "person", **facts})
