"""Stage 6: whether what was found is written.

Sample payload: events/run_service/approve.json
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.marketo.approve import approve

from run_service.driving import drive, logger, metrics


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return drive("approve", approve, event, context)
