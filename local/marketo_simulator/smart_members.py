"""Who is on a smart list: its rules, as the asset API shows them, as a condition on `leads l`.

Rules are JSON: {"filterMatchType": "all" | "any", "filters": [{"name": …, "conditions": [{"operator": …, "values":
[…]}]}]}. A filter is named for the display name of a field, or is one of `Member of List` (values: names of static
lists), `Duplicate Fields` (values: display names; case counts for none but the e-mail address) and `All Leads`. Several
values are alternatives; a condition without values asks for the operator alone (`is empty`, `is not empty`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from local.marketo_simulator.bulk_files import literal, literals
from local.marketo_simulator.lead_book import all_fields, column
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.store import Store

type Filter = Mapping[str, Any]

_TEXT_TESTS: Final[Mapping[str, Callable[[str], str]]] = {
    "is": lambda value: f"= {literal(value.lower())}",
    "equals": lambda value: f"= {literal(value.lower())}",
    "contains": lambda value: f"like {literal(f'%{_escaped(value)}%')} escape '\\'",
    "starts with": lambda value: f"like {literal(f'{_escaped(value)}%')} escape '\\'",
    "at least": lambda value: f">= {literal(value)}",
    "at most": lambda value: f"<= {literal(value)}",
}
_NOT: Final = {"is not": "is", "not contains": "contains", "not starts with": "starts with"}


def members_of(store: Store, smart_list: int) -> str:
    """As SQL."""
    rules = _rules(store, smart_list)
    parts = [f"({_condition(store, one)})" for one in rules.get("filters", ())]
    joined = " or ".join(parts) if rules.get("filterMatchType") == "any" else " and ".join(parts)
    return joined or "false"


def check_exportable(store: Store, smart_list: int) -> None:
    """Raises 1003 for one without filters, which would be everybody."""
    if not _rules(store, smart_list).get("filters"):
        raise Refusal("1003", "Smart list without filters cannot be exported")


def _rules(store: Store, smart_list: int) -> dict[str, Any]:
    return dict(json.loads(store.value("select rules from smart_lists where id = ?", [smart_list]) or "{}"))


def _condition(store: Store, wanted: Filter) -> str:
    name, conditions = wanted["name"], wanted.get("conditions") or [{"operator": "is", "values": []}]
    values = [str(value) for one in conditions for value in one.get("values") or ()]
    if name == "All Leads":
        return "true"
    if name == "Member of List":
        lists = f"select id from static_lists where name in ({literals(values)})"
        return f"l.id in (select lead from static_list_members where list in ({lists}))"
    if name == "Duplicate Fields":
        return _duplicates(store, values)
    return " and ".join(
        _test(_field(store, name), one["operator"].lower(), one.get("values") or ()) for one in conditions
    )


def _duplicates(store: Store, names: Sequence[str]) -> str:
    keys = [f"lower({one})" if one == column("email") else one for one in (_field(store, name) for name in names)]
    listed = ", ".join(keys)
    filled = " and ".join(f"{key} is not null" for key in keys)
    return f"({listed}) in (select {listed} from leads where {filled} group by all having count(*) > 1)"


def _test(field: str, operator: str, values: Sequence[object]) -> str:
    text = f"lower({field}::varchar)"
    if operator in ("is empty", "is not empty"):
        return f"coalesce({field}::varchar, '') {'=' if operator == 'is empty' else '<>'} ''"
    if operator in _NOT:
        return f"not coalesce({_test(field, _NOT[operator], values)}, false)"
    if operator not in _TEXT_TESTS:
        raise Refusal("1003", f"Unknown operator '{operator}' of a smart list's filter")
    if operator.startswith("at "):
        return " or ".join(f"{field} {_TEXT_TESTS[operator](str(value))}" for value in values)
    return " or ".join(f"{text} {_TEXT_TESTS[operator](str(value))}" for value in values)


def _field(store: Store, display_name: str) -> str:
    for one in all_fields(store):
        if one.display_name == display_name:
            return column(one.name)
    raise Refusal("1003", f"Unknown filter '{display_name}' of a smart list")


def _escaped(value: str) -> str:
    return value.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
