"""What paths may be asked for, as the API takes it, and the same as a question of the domain."""

from typing import Annotated

from pydantic import Field
from touchline.domain.queries.durations import parse_duration
from touchline.domain.queries.fields import groupable
from touchline.domain.sequences.path_edges import Node, NodeKind
from touchline.domain.sequences.paths import (
    LONGEST_GAP,
    LONGEST_WINDOW,
    MOST_DEPTH,
    MOST_WIDTH,
    Direction,
    Occurrences,
    Paths,
)
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest
from touchline.services.answer_paths import PathCell

from query_api.questions import FilterBody, QuestionBody, Scalar, Strict, Text, filters_of, said_filters, scope_of

type Conditions = Annotated[list[FilterBody], Field(min_length=1, max_length=20)]


class PathsBody(QuestionBody):
    """What people did next, or before."""

    anchor: Conditions | None = Field(
        default=None, description="The event that paths begin with; a person's or a session's first unless given."
    )
    direction: Direction = "next"
    by: Text = Field(default="action", description="The field whose values the nodes are.")
    depth: int = Field(default=3, ge=1, le=MOST_DEPTH, description="Steps after the one that a path begins with.")
    width: int = Field(default=8, ge=1, le=MOST_WIDTH, description="Values told for each step; the rest is other.")
    window: Text = Field(default="1 day", examples=["1 day", "30 minutes"], description="From where a path begins.")
    session_gap: Text | None = Field(
        default=None, examples=["30 minutes"], description="So long without an event ends a session, and its paths."
    )
    occurrences: Occurrences = Field(default="first", description="Of the anchor, or of a session, for each person.")
    collapse_repeats: bool = Field(default=False, description="The same value several times in a row is one step.")


class NodeBody(Strict):
    """A node, as the answer names it."""

    kind: NodeKind = "value"
    key: Scalar | list[Scalar] | None = Field(default=None, description="Of a node whose kind is value.")


class PathCellBody(Strict):
    """A node, or an edge from it to one of the next step."""

    step: int = Field(default=0, ge=0, le=MOST_DEPTH)
    node: NodeBody = Field(description="At this step; where an edge comes from.")
    to: NodeBody | None = Field(default=None, description="At the next step; where an edge goes to.")


def as_paths(body: PathsBody, tenant: Tenant, now: int) -> Paths:
    """Raises InvalidRequest and its kinds."""
    if body.occurrences != "first" and body.anchor is None and body.session_gap is None:
        raise InvalidRequest(
            "Without an anchor and without sessions a person has one path. Give anchor or session_gap, or leave "
            "occurrences out.",
            field="occurrences",
        )
    return Paths(
        scope_of(body, tenant, now),
        groupable(body.by, "by"),
        filters_of(body.anchor, "anchor", tenant) if body.anchor else None,
        tuple(one.describe() for one in said_filters(body.anchor or [], "anchor")),
        body.direction,
        body.depth,
        body.width,
        parse_duration(body.window, "window", longest=LONGEST_WINDOW),
        parse_duration(body.session_gap, "session_gap", longest=LONGEST_GAP) if body.session_gap else None,
        body.occurrences,
        body.collapse_repeats,
    )


def as_cell(cell: PathCellBody) -> PathCell:
    return PathCell(cell.step, _node(cell.node), _node(cell.to) if cell.to else None)


def _node(body: NodeBody) -> Node:
    if body.kind != "value" or body.key is None:
        return Node(body.kind)
    return Node("value", tuple(body.key) if isinstance(body.key, list) else (body.key,))
