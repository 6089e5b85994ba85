"""Stage 3: the extract is waited for.

Sample payload: events/run_service/poll.json
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.marketo.poll import poll

from run_service.driving import drive, logger, metrics


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return drive("poll", poll, event, context)
