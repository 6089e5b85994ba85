"""Stage 2: the extract is ordered.

Sample payload: events/run_service/export.json
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.marketo.export import export

from run_service.driving import drive, logger, metrics


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return drive("export", export, event, context)
