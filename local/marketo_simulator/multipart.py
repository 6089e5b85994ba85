"""The file that a bulk import brings, and what is said beside it, in a body of multipart/form-data."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header


class NoMultipart(Exception):
    """The body is not what its Content-Type says, or says nothing of parts."""


@dataclass(frozen=True, slots=True)
class Upload:
    """`file`: of the part of that name, whether it is sent as a file or as a plain value; None where there is none."""

    file: bytes | None
    fields: Mapping[str, str]


def read_upload(body: bytes, content_type: str) -> Upload:
    mimetype, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if mimetype != "multipart/form-data" or not boundary:
        raise NoMultipart
    try:
        fields, files = MultiPartParser(_in_memory).parse(BytesIO(body), boundary.encode("ascii"), len(body))
    except (ValueError, UnicodeEncodeError) as error:
        raise NoMultipart from error
    file = files["file"].stream.read() if "file" in files else None
    if file is None and "file" in fields:
        file = fields["file"].encode()
    return Upload(file, {name: value for name, value in fields.items() if name != "file"})


def _in_memory(
    total_content_length: int | None, content_type: str | None, filename: str | None, content_length: int | None = None
) -> BytesIO:
    return BytesIO()
