"""The rules of a smart list, read as its asset shows them: filters that leads' own fields can answer, and no others.

Where one of them cannot be answered for sure, the list cannot be told at all: that is said with the filter's name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from touchline.domain.leads.dedupe_rules import BOOLEAN, NUMBERS, TIMES
from touchline.domain.leads.smart_logic import Joined, joined
from touchline.domain.leads.smart_values import NO, YES, day, moment, number
from touchline.domain.marketo.api import LeadField
from touchline.errors import InvalidRequest

TEXTS: Final = frozenset({"string", "email", "phone", "url", "text", "textarea"})
EMPTINESS: Final = frozenset({"is empty", "is not empty"})
SAMENESS: Final = frozenset({"is", "is not"})
WORDS: Final = frozenset({"contains", "not contains", "starts with", "not starts with"})
ORDER: Final = frozenset({"at least", "at most", "less than", "greater than"})
IN_A_LIST: Final = {"in": True, "is": True, "": True, "not in": False, "is not": False}
SAME_WORD: Final = {"equals": "is", "not equals": "is not", "does not contain": "not contains"}
EVERYBODY: Final = "All Leads"
OF_A_LIST: Final = "Member of List"
DUPLICATES: Final = "Duplicate Fields"
MOST_FILTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Condition:
    """`values` are alternatives: one that fits is enough, and of a negated operator none may."""

    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfField:
    """Every condition must hold."""

    field: LeadField
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class OfLists:
    """Members of one of the static lists of these names, or of none of them."""

    names: tuple[str, ...]
    inside: bool


@dataclass(frozen=True, slots=True)
class Twins:
    """Leads that have all these fields filled, and alike in another lead: case counts, but not in an e-mail address."""

    fields: tuple[LeadField, ...]


@dataclass(frozen=True, slots=True)
class Everybody:
    pass


type Filter = OfField | OfLists | Twins | Everybody


@dataclass(frozen=True, slots=True)
class SmartRules:
    filters: tuple[Filter, ...]
    logic: Joined

    @property
    def columns(self) -> list[str]:
        """REST names of the fields that the filters read."""
        return list(dict.fromkeys(name for one in self.filters for name in _columns(one)))


def read_smart_rules(raw: Mapping[str, Any], fields: Sequence[LeadField]) -> SmartRules:
    """`raw`: as the asset shows them; `fields`: of the instance. Raises `InvalidRequest` with the filter's name, and
    why it cannot be answered; never with its values."""
    filters = raw.get("filters") or []
    if raw.get("triggers"):
        raise InvalidRequest("it has triggers, which say when something happens and not who somebody is")
    if not isinstance(filters, list) or not filters:
        raise InvalidRequest("it has no filters")
    if len(filters) > MOST_FILTERS:
        raise InvalidRequest(f"it has more than {MOST_FILTERS} filters")
    named = _Fields(fields)
    read = tuple(_read(one if isinstance(one, Mapping) else {}, named) for one in filters)
    return SmartRules(read, joined(raw.get("filterMatchType"), raw.get("filterCustomRuleLogic"), len(filters)))


class _Fields:
    """By the names that people see."""

    def __init__(self, fields: Sequence[LeadField]) -> None:
        self._by_name: dict[str, list[LeadField]] = {}
        for field in fields:
            self._by_name.setdefault(field.display_name.casefold(), []).append(field)

    def named(self, name: str) -> LeadField | None:
        """Raises `InvalidRequest` where several are called so."""
        found = self._by_name.get(name.casefold(), [])
        if len(found) > 1:
            raise InvalidRequest(f"{len(found)} fields are called {name!r}")
        return found[0] if found else None


def _read(raw: Mapping[str, Any], fields: _Fields) -> Filter:
    name = str(raw.get("name") or "")[:200]
    try:
        return _filter(raw, name, fields)
    except InvalidRequest as error:
        raise InvalidRequest(f"its filter {name!r} cannot be answered from the fields of leads: {error}") from None


def _filter(raw: Mapping[str, Any], name: str, fields: _Fields) -> Filter:
    if str(raw.get("ruleType", "")).lower() == "activity":
        raise InvalidRequest("it asks what somebody did, and no field tells that")
    conditions = _conditions(raw, name)
    if name == EVERYBODY:
        return Everybody()
    if name == OF_A_LIST:
        return _of_lists(conditions)
    if name == DUPLICATES:
        return _twins(conditions, fields)
    field = fields.named(name)
    if field is None:
        raise InvalidRequest("no field of leads is called so")
    for condition in conditions:
        _check(condition, field)
    return OfField(field, conditions)


def _conditions(raw: Mapping[str, Any], name: str) -> tuple[Condition, ...]:
    told = raw.get("conditions") or []
    if not isinstance(told, list) or not all(isinstance(one, Mapping) for one in told):
        raise InvalidRequest("its conditions cannot be read")
    for one in told:
        about = one.get("activityAttributeName") or one.get("attributeName") or name
        if one.get("isPrimary") is False and about != name:
            raise InvalidRequest(f"it has the constraint {str(about)[:100]!r}")
        if one.get("isError"):
            raise InvalidRequest("Marketo says that it is broken")
    found = tuple(Condition(_operator(one.get("operator")), _values(one.get("values"))) for one in told)
    return found or (Condition(_operator(raw.get("operator")), ()),)


def _operator(told: Any) -> str:
    operator = " ".join(str(told or "").lower().split())
    return SAME_WORD.get(operator, operator)


def _values(told: Any) -> tuple[str, ...]:
    if told is None:
        return ()
    if not isinstance(told, list) or not all(isinstance(one, str | int | float) for one in told):
        raise InvalidRequest("its values cannot be read")
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in told)


def _of_lists(conditions: tuple[Condition, ...]) -> OfLists:
    if len(conditions) > 1:
        raise InvalidRequest("it has several conditions")
    (condition,) = conditions
    if condition.operator not in IN_A_LIST:
        raise InvalidRequest(f"its operator {condition.operator[:50]!r} is not known for lists")
    if not condition.values:
        raise InvalidRequest("it names no list")
    return OfLists(condition.values, IN_A_LIST[condition.operator])


def _twins(conditions: tuple[Condition, ...], fields: _Fields) -> Twins:
    if any(condition.operator != "is" for condition in conditions):
        raise InvalidRequest("its operator is not `is`")
    names = [name for condition in conditions for name in condition.values]
    found = [fields.named(name) for name in names]
    if not found or None in found:
        raise InvalidRequest("it names a field that leads do not have, or none")
    return Twins(tuple(field for field in found if field is not None))


def _check(condition: Condition, field: LeadField) -> None:
    """Whether it has one meaning alone for a field of this type."""
    operator, values = condition.operator, condition.values
    if operator in EMPTINESS:
        return
    known, readable = _of_type(field.data_type)
    if operator not in known:
        raise InvalidRequest(f"its operator {operator[:50]!r} is not one that is known for the type {field.data_type}")
    if not values:
        raise InvalidRequest("it has no value to compare with")
    for value in values:
        readable(value)


def _of_type(data_type: str) -> tuple[frozenset[str], Callable[[str], object]]:
    """Operators, and what raises `InvalidRequest` where a value is none of the type."""
    if data_type in TEXTS:
        return SAMENESS | WORDS, _text
    if data_type in NUMBERS:
        return SAMENESS | ORDER, number
    if data_type in BOOLEAN:
        return SAMENESS, _truth
    if data_type in TIMES:
        return (SAMENESS | ORDER, day) if data_type == "date" else (ORDER, moment)
    return frozenset(), str


def _text(value: str) -> None:
    if not value:
        raise InvalidRequest("its value is empty")


def _truth(value: str) -> None:
    if value.strip().lower() not in YES | NO:
        raise InvalidRequest("its value is neither true nor false")


def _columns(one: Filter) -> list[str]:
    match one:
        case OfField():
            return [one.field.name]
        case Twins():
            return [field.name for field in one.fields]
    return []
