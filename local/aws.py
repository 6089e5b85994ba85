"""Clients of the emulator; the product's own code gets its endpoint from the environment, as on AWS."""

from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "000000000000"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


def client(service: str, endpoint: str) -> Any:
    # A session each: boto3's shared one may not make clients from several threads.
    session = boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    patient = Config(read_timeout=900, retries={"mode": "standard", "max_attempts": 4}, s3={"addressing_style": "path"})
    return session.client(service, endpoint_url=endpoint, config=patient)
