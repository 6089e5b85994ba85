"""The page of smart lists says what the code does."""

import re
from itertools import product

import pytest
from touchline.domain.leads.smart_rules import DUPLICATES, EVERYBODY, OF_A_LIST, read_smart_rules
from touchline.domain.marketo.api import LeadField
from touchline.errors import InvalidRequest

from tests.unit.docs.pages import table

PAGE = "smart-lists.md"
TYPES = {
    "texts, addresses, phones, URLs": (("string", "text", "email", "phone", "url"), "a"),
    "numbers, scores": (("integer", "score", "float", "currency", "percent"), "5"),
    "booleans": (("boolean",), "true"),
    "days": (("date",), "2026-11-22"),
    "moments": (("datetime",), "2026-11-22T10:00:00Z"),
}


def is_answered(data_type: str, operator: str, *values: str) -> bool:
    one = {"name": "It", "conditions": [{"operator": operator, "values": list(values)}]}
    try:
        read_smart_rules({"filterMatchType": "all", "filters": [one]}, [LeadField("it", "It", data_type)])
    except InvalidRequest:
        return False
    return True


def test_operators_are_those_of_the_code() -> None:
    rows = {operator: row for row in table(PAGE, "operator") for operator in re.findall("`([a-z ]+)`", row["operator"])}
    assert len(rows) == 12
    for (operator, row), (column, (types, value)) in product(rows.items(), TYPES.items()):
        values = [] if operator.endswith("empty") else [value]
        assert {is_answered(one, operator, *values) for one in types} == {row[column] == "yes"}, (operator, column)


def test_other_types_can_be_asked_for_being_empty() -> None:
    assert is_answered("reference", "is empty")
    assert not is_answered("reference", "is", "5")


@pytest.mark.parametrize("value", ["2026-11-22", "30 days", "2026-11-22T10:00:00"])
def test_a_moment_needs_its_time_zone(value: str) -> None:
    assert not is_answered("datetime", "at least", value)


def test_filters_are_those_of_the_code() -> None:
    named = {name for row in table(PAGE, "filter") for name in re.findall("`([A-Z][A-Za-z ]+)`", row["filter"])}
    assert named == {DUPLICATES, EVERYBODY, OF_A_LIST}
