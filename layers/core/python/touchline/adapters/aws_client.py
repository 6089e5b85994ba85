"""Clients of AWS services: time-outs below our own, and the SDK's standard retries."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# API Gateway gives up after 30 s: three tries of 6 s and their pauses stay below.
PATIENCE = Config(
    connect_timeout=2, read_timeout=6, retries={"mode": "standard", "total_max_attempts": 3}, tcp_keepalive=True
)


@cache
def aws_client(service: str) -> Any:
    """One per container and service; region, endpoint and credentials come from the runtime."""
    return boto3.client(service, config=PATIENCE)


@cache
def linking_s3_client() -> Any:
    """S3 whose links open objects that are encrypted with a key of KMS: only Signature Version 4 does."""
    return boto3.client("s3", config=PATIENCE.merge(Config(signature_version="s3v4")))
