"""Stage 1: today's part of the plan is set apart from the connection's share.

Sample payload: events/run_service/reserve.json
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.marketo.reserve import reserve

from run_service.driving import drive, logger, metrics


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return drive("reserve", reserve, event, context)
