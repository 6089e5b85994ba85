"""How an answer leaves: as JSON or CSV, in the response or, where it is too large for one, by a link."""

from collections.abc import Callable
from dataclasses import dataclass
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, Final, Literal, cast

import orjson
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from query_api.csv_tables import table_named, write_csv
from query_api.kind import Kind
from query_api.parts import new_id, results

# Lambda hands over 6 MB at most, and escaped as the text in JSON that it is, a body may take twice its room.
INLINE_BYTES: Final = 3_000_000
JSON: Final = "application/json"
CSV: Final = "text/csv; charset=utf-8; header=present"
NEXT: Final = "Touchline-Next-Cursor"

type Format = Annotated[
    Literal["json", "csv"] | None, Query(description="Else what `Accept` says; JSON unless that is text/csv.")
]
type TableName = Annotated[str | None, Query(max_length=64, description="Which table of the answer CSV means.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    csv: bool = False
    table: str | None = None


def wanted(event: APIGatewayProxyEventV2, form: str | None, table: str | None) -> Wanted:
    accepted = event.headers.get("accept", "")
    return Wanted(form == "csv" or (form is None and "text/csv" in accepted), table)


def delivered(kind: Kind[Any], facts: dict[str, Any], want: Wanted, tenant: str) -> Response[str]:
    """Nothing is left out: what is too large for a response is at the link that 303 tells."""
    if not want.csv:
        return _sent(lambda file: file.write(orjson.dumps(facts)), kind.name, JSON, tenant)
    table = table_named(kind.tables(facts), want.table)

    def write(file: BinaryIO) -> None:
        text = TextIOWrapper(file, encoding="utf-8", newline="")
        write_csv(table, text)
        text.detach()

    answer = _sent(write, f"{kind.name}-{table.name}", CSV, tenant)
    more = facts.get("next") if kind.widest is not None else None
    if more is not None:  # a table has no place for it
        answer.headers[NEXT] = more
    return answer


def stored(key: str, kind: str) -> Response[str]:
    """JSON that is kept already."""
    return _linked(key, f"{_plain(kind)}.json", JSON)


def _sent(write: Callable[[BinaryIO], object], name: str, content_type: str, tenant: str) -> Response[str]:
    ending = "csv" if content_type == CSV else "json"
    with SpooledTemporaryFile(max_size=2 * INLINE_BYTES) as spooled:
        file = cast(BinaryIO, spooled)
        write(file)
        size = file.tell()
        file.seek(0)
        if size <= INLINE_BYTES:
            headers = {"Content-Disposition": f'attachment; filename="{_plain(name)}.csv"'} if ending == "csv" else {}
            return Response(200, content_type, file.read().decode(), headers)
        key = f"files/{tenant}/{new_id()}.{ending}"
        results().put(key, file)
    return _linked(key, f"{_plain(name)}.{ending}", content_type)


def _linked(key: str, name: str, content_type: str) -> Response[str]:
    link = results().link(key, name, content_type)
    told = {"link": link, "works_for_seconds": 900, "content_type": content_type}
    return Response(303, JSON, orjson.dumps(told).decode(), {"Location": link})


def _plain(name: str) -> str:
    return name.replace("/", "-")
