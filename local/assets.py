"""Publishes the files of a cloud assembly: zips folders the same way every time, and skips what is there already."""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local import aws

EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)  # a fixed time, so that the same content is the same archive


def publish(assembly: Path, manifests: list[str], endpoint: str) -> int:
    """Upload what is missing; how many files that was."""
    files = [file for manifest in manifests for file in json.loads((assembly / manifest).read_text())["files"].values()]
    wanted = {(bucket, key): file for file in files for bucket, key in _destinations(file)}
    s3 = aws.client("s3", endpoint)
    for bucket in {bucket for bucket, _ in wanted}:
        _ensure_bucket(s3, bucket)
    missing = [(place, file) for place, file in wanted.items() if not _is_there(s3, *place)]
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda each: _upload(s3, assembly, *each), missing))
    return len(missing)


def resolve(text: str) -> str:
    for name, value in (("AccountId", aws.ACCOUNT), ("Region", aws.REGION), ("Partition", "aws")):
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _destinations(file: dict[str, Any]) -> list[tuple[str, str]]:
    return [(resolve(place["bucketName"]), resolve(place["objectKey"])) for place in file["destinations"].values()]


def _ensure_bucket(s3: Any, bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        s3.create_bucket(Bucket=bucket)


def _is_there(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return False
    return True


def _upload(s3: Any, assembly: Path, place: tuple[str, str], file: dict[str, Any]) -> None:
    source = assembly / file["source"]["path"]
    body = zip_folder(source) if file["source"].get("packaging") == "zip" else source.read_bytes()
    s3.put_object(Bucket=place[0], Key=place[1], Body=body)


def zip_folder(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), EPOCH_OF_ZIP)
                entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
