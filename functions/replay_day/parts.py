"""What the steps of a replay work with, made on first use."""

import os
from functools import cache

from touchline.adapters.aws_client import aws_client
from touchline.adapters.batches import ArchivedBatches
from touchline.adapters.duckdb.event_files import DuckDbEventFiles
from touchline.adapters.environment import read_settings
from touchline.adapters.opensearch.bulk import OpenSearchEventIndex
from touchline.adapters.opensearch.client import connect
from touchline.adapters.s3 import S3Archive
from touchline.ports import Archive, Batches, EventFiles, EventIndex

from replay_day.settings import Settings


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
