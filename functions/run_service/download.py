"""Stage 4: the extract comes to our own files.

Sample payload: events/run_service/download.json
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.marketo.download import download

from run_service.driving import drive, logger, metrics


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return drive("download", download, event, context)
