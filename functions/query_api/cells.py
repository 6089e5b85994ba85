"""Numbers of answers, as a question for the people behind them names them."""

from zoneinfo import ZoneInfo

from pydantic import Field
from touchline.domain.queries.ranges import read_moment
from touchline.domain.sequences.value_rows import RowKind, RowName

from query_api.questions import Scalar, Strict, Text


class RowBody(Strict):
    """A row of a breakdown, as the answer names it."""

    kind: RowKind = "whole"
    key: Scalar | None = Field(default=None, description="Of a row whose kind is value.")


def row_of(body: RowBody) -> RowName:
    return RowName(body.kind, body.key if body.kind == "value" else None)


def moment_of(text: Text | None, zone: ZoneInfo, where: str = "cell.bucket") -> int | None:
    return None if text is None else read_moment(text, zone, where)
