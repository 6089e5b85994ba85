"""Who is on a smart list: its rules, as the asset API shows them, as a condition on `leads l`.

Rules are JSON: {"filterMatchType": "all" | "any" | "custom", "filters": [{"name": …, "conditions": [{"operator": …,
"values": […]}]}]}, and for `custom` "filterCustomRuleLogic": "1 and (2 or 3)". A filter is named for the display name
of a field, or is one of `Member of List` (values: names of static lists), `Duplicate Fields` (values: display names;
case counts for all but the e-mail address) and `All Leads`. Several values are alternatives; a condition without values
asks for the operator alone (`is empty`, `is not empty`). Numbers are compared as numbers, all else as text.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from local.marketo_simulator.bulk_files import literal, literals
from local.marketo_simulator.lead_book import all_fields, column
from local.marketo_simulator.lead_fields import LeadFieldSpec
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
    "less than": lambda value: f"< {literal(value)}",
    "greater than": lambda value: f"> {literal(value)}",
}
_NUMBERS: Final = ("integer", "score", "reference", "float", "currency", "percent")
_AS_THEY_ARE: Final = ("at least", "at most", "less than", "greater than")
_NOT: Final = {"is not": "is", "not contains": "contains", "not starts with": "starts with"}
_LOGIC: Final = re.compile(r"(?:[0-9]{1,3}|and|or|[()\s])+")


def members_of(store: Store, smart_list: int) -> str:
    """As SQL."""
    rules = _rules(store, smart_list)
    parts = [f"({_condition(store, one)})" for one in rules.get("filters", ())]
    if rules.get("filterMatchType") == "custom":
        return _joined(str(rules.get("filterCustomRuleLogic")), parts)
    joined = " or ".join(parts) if rules.get("filterMatchType") == "any" else " and ".join(parts)
    return joined or "false"


def _joined(logic: str, parts: Sequence[str]) -> str:
    """`1 and (2 or 3)`: the words are those of SQL."""
    numbers = [int(number) for number in re.findall("[0-9]+", logic)]
    if not _LOGIC.fullmatch(logic) or not all(1 <= number <= len(parts) for number in numbers):
        raise Refusal("1003", f"Invalid logic of a smart list's filters: {logic}")
    return f"({re.sub('[0-9]+', lambda found: parts[int(found[0]) - 1], logic)})"


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
        negated = conditions[0]["operator"].lower() in ("not in", "is not")
        return f"l.id {'not ' * negated}in (select lead from static_list_members where list in ({lists}))"
    if name == "Duplicate Fields":
        return _duplicates(store, values)
    field = _field(store, name)
    tests = [_test(field, one["operator"].lower(), one.get("values") or ()) for one in conditions]
    return " and ".join(f"({test})" for test in tests)


def _duplicates(store: Store, names: Sequence[str]) -> str:
    columns = [column(_field(store, name).name) for name in names]
    keys = [f"lower({one})" if one == column("email") else one for one in columns]
    listed = ", ".join(keys)
    filled = " and ".join(f"coalesce({key}::varchar, '') <> ''" for key in keys)
    return f"({listed}) in (select {listed} from leads where {filled} group by all having count(*) > 1)"


def _test(field: LeadFieldSpec, operator: str, values: Sequence[object]) -> str:
    told = column(field.name)
    text = f"lower({told}::varchar)"
    if operator in ("is empty", "is not empty"):
        return f"coalesce({told}::varchar, '') {'=' if operator == 'is empty' else '<>'} ''"
    if operator in _NOT:
        return f"not coalesce({_test(field, _NOT[operator], values)}, false)"
    if operator not in _TEXT_TESTS:
        raise Refusal("1003", f"Unknown operator '{operator}' of a smart list's filter")
    if operator in _AS_THEY_ARE:
        return " or ".join(f"{told} {_TEXT_TESTS[operator](str(value))}" for value in values)
    if operator in ("is", "equals") and field.data_type in _NUMBERS:
        return " or ".join(f"{told} = try_cast({literal(str(value))} as double)" for value in values)
    return " or ".join(f"{text} {_TEXT_TESTS[operator](str(value))}" for value in values)


def _field(store: Store, display_name: str) -> LeadFieldSpec:
    for one in all_fields(store):
        if one.display_name == display_name:
            return one
    raise Refusal("1003", f"Unknown filter '{display_name}' of a smart list")


def _escaped(value: str) -> str:
    return value.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
