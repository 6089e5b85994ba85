"""Stage 5: what is to be changed is found out; where the list is long, in parts that are worked on at once.

Sample payload: events/run_service/work.json
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.marketo.work_on import work_on

from run_service.driving import drive, logger, metrics


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return drive("work", work_on, event, context)
