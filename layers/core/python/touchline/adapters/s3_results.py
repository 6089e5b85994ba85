"""Files of answers on S3, handed out by links that work for a while; the bucket forgets them by itself."""

from typing import Any, BinaryIO, Final

from touchline.adapters.aws_errors import as_our_errors
from touchline.errors import NotFound

STORE: Final = "The store of results"
LINK_SECONDS: Final = 15 * 60


class S3Results:
    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, file: BinaryIO) -> int:
        start = file.tell()
        with as_our_errors(STORE):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=file, ChecksumAlgorithm="SHA256")
        file.seek(0, 2)
        return file.tell() - start

    def get(self, key: str) -> bytes:
        with as_our_errors(STORE):
            try:
                whole: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except self._client.exceptions.NoSuchKey as error:
                raise NotFound("The result is no longer kept.") from error
        return whole

    def link(self, key: str, name: str, content_type: str) -> str:
        asked = {
            "Bucket": self._bucket,
            "Key": key,
            "ResponseContentType": content_type,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        }
        address: str = self._client.generate_presigned_url("get_object", Params=asked, ExpiresIn=LINK_SECONDS)
        return address
