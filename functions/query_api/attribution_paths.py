"""Paths of touches to a goal's conversions."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field
from touchline.domain.tenancy import Tenant
from touchline.services.answer_attribution_paths import answer_attribution_paths
from touchline.services.sources import Sources, Work

from query_api.attributed_answers import AttributedHead
from query_api.attribution_question import TouchesBody, check_touches, touches_question
from query_api.kind import AnswerTable, Cell, Kind

ARROW = " > "


class AttributionPathsBody(TouchesBody):
    """The commonest paths of touches, converting and not. `filters` are on the conversions."""

    top: int = Field(default=20, ge=1, le=1_000, description="How many paths of each kind.")
    steps: int = Field(default=10, ge=1, le=30, description="Of a longer path the latest steps are told.")


type Step = str | int | float | bool | list[Any] | None


class PathRow(BaseModel):
    path: list[Step]
    cut: bool = Field(description="true: there were touches before the first of these.")
    paths: int
    value: dict[str, str] | None = None


class PathsOfKind(BaseModel):
    paths: int
    different: int
    rows: list[PathRow]
    others: int = Field(description="Paths that are not listed.")


class TouchesOfConversions(BaseModel):
    touches: int
    conversions: int


class LengthsAnswer(BaseModel):
    average: float | None
    conversions: list[TouchesOfConversions]
    last_is_more: int = Field(description="So many touches, or more.")


class LagBar(BaseModel):
    from_ms: int
    to_ms: int
    conversions: int


class LagsAnswer(BaseModel):
    conversions: int
    median_ms: int | None
    average_ms: float | None
    percentiles_ms: dict[str, int | None]
    histogram: list[LagBar]


class AttributionPathsAnswer(AttributedHead):
    dimension: str
    lookback_ms: int
    collapse_repeats: bool
    steps: int
    converting: PathsOfKind
    not_converting: PathsOfKind
    touches: LengthsAnswer
    from_first_touch: LagsAnswer
    from_last_touch: LagsAnswer


def _answer(body: AttributionPathsBody, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    question = touches_question(body, tenant, sources.goals, now, top=body.top)
    return answer_attribution_paths(question, body.steps, tenant, sources, now, work)


def _tables(answer: dict[str, Any]) -> list[AnswerTable]:
    return [
        AnswerTable("paths", ("converting", "path", "cut", "paths"), _rows(answer)),
        AnswerTable("value", ("path", "currency", "value"), _values(answer)),
        AnswerTable("touches", ("touches", "conversions"), _lengths(answer)),
    ]


def _rows(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for name in ("converting", "not_converting"):
        for row in answer[name]["rows"]:
            yield [name == "converting", _text(row["path"]), row["cut"], row["paths"]]


def _values(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["converting"]["rows"]:
        for currency, value in row["value"].items():
            yield [_text(row["path"]), currency, value]


def _lengths(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    return ([one["touches"], one["conversions"]] for one in answer["touches"]["conversions"])


def _text(path: list[Step]) -> str:
    return ARROW.join("(none)" if one is None else str(one) for one in path)


KIND = Kind(
    name="attribution/paths",
    operation="askAttributionPaths",
    body=AttributionPathsBody,
    shape=AttributionPathsAnswer,
    answer=_answer,
    tables=_tables,
    summary="Paths to a goal's conversions",
    description="The commonest paths of touches that converted and that did not, their length and how long they took.",
    reads_events=True,
    check=check_touches,
)
