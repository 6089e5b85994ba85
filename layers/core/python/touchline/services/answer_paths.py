"""Paths: what people did next, or before, and who they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from touchline.domain.queries.durations import describe_duration
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.sequences.path_edges import Node, PathEdges
from touchline.domain.sequences.paths import Paths
from touchline.domain.sequences.rows import Part
from touchline.domain.sequences.walks import Walks, join_walks, walk
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest
from touchline.services.answer_head import answer_head
from touchline.services.parts_of_people import by_parts
from touchline.services.sources import Sources, Work
from touchline.services.stored_filters import check_actions


@dataclass(frozen=True, slots=True)
class PathCell:
    """A node of a step (0 is where paths begin), or with `to` the edge from it to a node of the next step."""

    step: int
    node: Node
    to: Node | None = None


def answer_paths(paths: Paths, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    """`now` in epoch ms."""
    found, as_of = _found(paths, tenant, sources, now, work)
    asked = [*paths.scope.filters, *(paths.anchor or ())]
    notes = [] if len(found.walks) else check_actions(sources.reports, tenant.id, asked, now)
    return answer_head(paths.describe(), paths.scope, as_of=as_of, notes=notes) | {
        "field": paths.field.name,
        "direction": paths.direction,
        "anchor": list(paths.anchor_said) if paths.anchor is not None else None,
        "occurrences": paths.occurrences,
        "depth": paths.depth,
        "width": paths.width,
        "window": describe_duration(paths.window),
        "gap": None if paths.gap is None else describe_duration(paths.gap),
        "collapse_repeats": paths.collapse,
        "paths": len(found.walks),
        "people": len(np.unique(found.walks.people)),
        "people_add_up": paths.occurrences != "every",
        "nodes": list(found.nodes()),
        "edges": list(found.edges()),
    }


def people_of_paths(
    paths: Paths, cell: PathCell, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    if cell.step > paths.depth - (cell.to is not None):
        raise InvalidRequest(
            f"The paths have {paths.depth} steps after the one that they begin with.", field="cell.step"
        )
    found, as_of = _found(paths, tenant, sources, now, work)
    chosen = found.at(cell.step, cell.node, "cell.node")
    words = f"People at {_said(cell.node)} in step {cell.step}"
    if cell.to is not None:
        chosen = chosen & found.at(cell.step + 1, cell.to, "cell.to")
        words = f"People who went from {_said(cell.node)} in step {cell.step} to {_said(cell.to)}"
    return PeopleBehind(words, np.unique(found.walks.people[chosen]), as_of)


def _said(node: Node) -> str:
    return "'" + ", ".join(str(value) for value in node.values) + "'" if node.kind == "value" else node.kind


def _found(paths: Paths, tenant: Tenant, sources: Sources, now: int, work: Work) -> tuple[PathEdges, int]:
    extent = sources.columns.extent(tenant.id, paths.rows().span)
    as_of = min(now, extent.as_of)

    def walks(part: Part) -> Walks:
        return walk(paths, sources.columns.rows(tenant.id, paths.rows(part)), as_of)

    return PathEdges(join_walks(by_parts(extent.events, work, walks)), paths.width), as_of
