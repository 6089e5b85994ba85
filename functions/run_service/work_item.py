"""Stage 5, for each item that it was divided into: a part of the extract, or a slice of its keys.

Sample payload: events/run_service/work_item.json
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.marketo.run_stage import Run
from touchline.services.marketo.usage import CountedLedger
from touchline.services.marketo.work_items import work_on_item

from run_service.driving import logger
from run_service.parts import ledger, working


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    run = Run.told(event)
    work_on_item(working(CountedLedger(ledger(), run.execution), context), run, event["item"])
    logger.info("item done", execution=run.execution, item=event["item"])
    return {}
