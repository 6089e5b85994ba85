"""A custom resource: on every deployment the search domain gets its templates, roles and role mappings.

CloudFormation waits for an answer at the event's ResponseURL, for up to an hour where none comes: it is always sent.
Sample payload: events/prepare_search/create.json
"""

import json
import os
import urllib.request
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.adapters.environment import read_settings
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.preparation import SearchPreparation, role_holders

from prepare_search.settings import Settings

RESOURCE_ID = "prepared-search"  # stays the same, so that an update never asks to delete what it replaced

logger = Logger()


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def preparation() -> SearchPreparation:
    client = connect(settings().search_endpoint, region=os.environ["AWS_REGION"], timeout_seconds=60)
    return SearchPreparation(client)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    try:
        if event["RequestType"] != "Delete":  # the domain outlives the stack, with all that is in it
            _prepare()
    except Exception as error:
        _answer(event, "FAILED", f"{type(error).__name__}: {error}")
        raise
    _answer(event, "SUCCESS", "prepared")


def _prepare() -> None:
    preparation().put_templates(settings().search_shards, settings().search_replicas)
    secured = preparation().has_users()
    if secured:
        preparation().put_roles(role_holders(**settings().holders()))
    logger.info("search prepared", roles=secured)


def _answer(event: dict[str, Any], status: str, reason: str) -> None:
    answer = {
        "Status": status,
        "Reason": reason[:1_000],  # CloudFormation takes 4 KB in all
        "PhysicalResourceId": RESOURCE_ID,
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # S3's signed address was made without a content type.
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT", headers={"content-type": ""}
    )
    with urllib.request.urlopen(request, timeout=30):
        pass
