"""What people did next, or before."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, Field
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.answer_paths import answer_paths, people_of_paths
from touchline.services.sources import Sources, Work

from query_api.answers import AnswerHead
from query_api.kind import AnswerTable, Behind, Cell, Kind
from query_api.paths_question import PathCellBody, PathsBody, as_cell, as_paths

type Plain = str | int | float | bool


class PathNode(BaseModel):
    kind: Literal["value", "other", "absent", "end", "open"]
    key: Plain | list[Plain] | None = Field(default=None, description="A list where the event has several values.")


class StepNode(PathNode):
    step: int = Field(description="0 is where paths begin.")
    paths: int
    people: int


class PathEdge(BaseModel):
    step: int = Field(description="Of `from`; `to` is one further.")
    from_: PathNode = Field(alias="from")
    to: PathNode = Field(description="end: nothing more was done; open: something still may be.")
    paths: int
    people: int


class PathsAnswer(AnswerHead):
    field: str
    direction: str
    anchor: list[str] | None
    occurrences: str
    depth: int
    width: int
    window: str
    gap: str | None
    collapse_repeats: bool
    paths: int
    people: int
    people_add_up: bool = Field(description="false where a person may have several paths; paths always add up.")
    nodes: list[StepNode]
    edges: list[PathEdge]


def _answer(body: PathsBody, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    return answer_paths(as_paths(body, tenant, now), tenant, sources, now, work)


def _people(
    body: PathsBody, cell: PathCellBody, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    return people_of_paths(as_paths(body, tenant, now), as_cell(cell), tenant, sources, now, work)


def _tables(answer: dict[str, Any]) -> list[AnswerTable]:
    edges = ("step", "from_kind", "from", "to_kind", "to", "paths", "people")
    return [
        AnswerTable("edges", edges, _edges(answer)),
        AnswerTable("nodes", ("step", "kind", "key", "paths", "people"), _nodes(answer)),
    ]


def _edges(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for edge in answer["edges"]:
        yield [edge["step"], *_named(edge["from"]), *_named(edge["to"]), edge["paths"], edge["people"]]


def _nodes(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for node in answer["nodes"]:
        yield [node["step"], *_named(node), node["paths"], node["people"]]


def _named(node: dict[str, Any]) -> tuple[Cell, Cell]:
    key = node.get("key")
    return node["kind"], ", ".join(map(str, key)) if isinstance(key, list) else key


KIND = Kind(
    name="paths",
    operation="askPaths",
    body=PathsBody,
    shape=PathsAnswer,
    answer=_answer,
    tables=_tables,
    summary="What people did next, or before",
    description="From an event, or from the beginning of sessions: step by step the commonest values of a field, how "
    "many went from which to which, and where they ended. All others together are other: everything adds up.",
    behind=Behind(PathCellBody, _people),
    reads_events=True,
    settles=True,
    check=as_paths,
)
