"""Which metrics the functions' sources count, without running them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tests.unit.docs.pages import ROOT

FUNCTIONS = ROOT / "functions"


@dataclass(frozen=True, order=True)
class Counted:
    function: str
    metric: str  # `*` where the name is made when it is counted
    unit: str


def counted() -> set[Counted]:
    return {
        Counted(path.parent.name, _name(call.args[0]), ast.unparse(call.args[1]).removeprefix("MetricUnit."))
        for path in sorted(FUNCTIONS.glob("*/*.py"))
        for call in _calls(path.read_text(encoding="utf-8"))
    }


def _calls(source: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_metric":
            yield node


def _name(argument: ast.expr) -> str:
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)
