"""What the steps of compaction work with, made on first use."""

import os
from functools import cache

from touchline.adapters.attribution_queue import SqsAttributionQueue
from touchline.adapters.aws_client import aws_client
from touchline.adapters.batches import ArchivedBatches
from touchline.adapters.duckdb.event_files import DuckDbEventFiles
from touchline.adapters.dynamodb.leases import DynamoDbLeases
from touchline.adapters.dynamodb.progress import DynamoDbProgress
from touchline.adapters.environment import read_settings
from touchline.adapters.opensearch.bulk import OpenSearchEventIndex
from touchline.adapters.opensearch.client import connect
from touchline.adapters.s3 import S3Archive
from touchline.ports import Archive, AttributionQueue, Batches, EventFiles, EventIndex, Leases, Progress

from compact_archive.settings import Settings


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def archive() -> Archive:
    return S3Archive(aws_client("s3"), settings().archive_bucket)


@cache
def batches() -> Batches:
    return ArchivedBatches(archive())


@cache
def files() -> EventFiles:
    return DuckDbEventFiles()


@cache
def index() -> EventIndex:
    return OpenSearchEventIndex(
        connect(settings().search_endpoint, region=os.environ["AWS_REGION"], timeout_seconds=60)
    )


@cache
def attribution_queue() -> AttributionQueue:
    return SqsAttributionQueue(aws_client("sqs"), settings().attribution_queue_url)


@cache
def leases() -> Leases:
    return DynamoDbLeases(aws_client("dynamodb"), settings().progress_table)


@cache
def progress() -> Progress:
    return DynamoDbProgress(aws_client("dynamodb"), settings().progress_table)
