"""Who is on a smart list: found in an extract of all leads, and by the simulator in its own store, in its own way."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.leads.extract import read_leads
from touchline.domain.leads.smart_members import ids_of_twins, keys_of_twins, members
from touchline.domain.leads.smart_rules import OfLists, SmartRules, Twins, read_smart_rules
from touchline.domain.marketo.api import LeadField

from local.marketo_simulator.bulk_files import write_file
from local.marketo_simulator.bulk_sources import lead_source
from local.marketo_simulator.lead_book import lead_fields
from local.marketo_simulator.smart_members import members_of
from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

TEXTS = [None, "", "Ada", "ada", "ADA LOVELACE", "100%", "under_score", "back\\slash", "Ünïcode ß", 'q"uo,te', "a\nb"]
EMAILS = [None, "ada@example.com", "ADA@example.com", "bo@example.org", "100%@example.com"]
SCORES = [None, -3, 0, 5, 50, 1_000_000]
REVENUES = [None, 0.5, 5.0, 12.25]
DAYS = [None, "1999-12-31", "2000-01-01"]
MOMENTS = ["2026-01-01T00:00:00Z", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"]
TEXT_FIELDS = ["Email Address", "First Name", "Country", "Phone Number"]
NUMBER_FIELDS = ["Lead Score", "Annual Revenue", "Num Employees"]


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path_factory.mktemp("law")) as simulated:
        rows = [
            {
                "email": EMAILS[n % len(EMAILS)],
                "firstName": TEXTS[n % len(TEXTS)],
                "country": TEXTS[(n * 3) % len(TEXTS)],
                "phone": TEXTS[(n * 7) % len(TEXTS)],
                "leadScore": SCORES[n % len(SCORES)],
                "annualRevenue": REVENUES[n % len(REVENUES)],
                "numberOfEmployees": SCORES[(n * 5) % len(SCORES)],
                "unsubscribed": [True, False, None][n % 3],
                "dateOfBirth": DAYS[n % len(DAYS)],
            }
            for n in range(80)
        ]
        leads = simulated.add_leads(*rows)
        with simulated.instance.store.writing() as cursor:
            cursor.execute("update leads set \"createdAt\" = timestamp '2026-01-01' + (id % 40) * interval 1 day")
        simulated.add_list("Thirds", leads[::3])
        simulated.add_list("Halves", leads[::2])
        simulated.add_smart_list("The law", "{}")
        yield simulated


@pytest.fixture(scope="module")
def fields(marketo: SimulatedMarketo) -> list[LeadField]:
    known = lead_fields(marketo.instance.store).values()
    return [LeadField(one.name, one.display_name, one.data_type) for one in known]


def condition(operator: str, *values: Any) -> dict[str, Any]:
    return {"operator": operator, "values": list(values), "isPrimary": True}


def one_filter(name: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "ruleType": "Data Value", "conditions": list(conditions)}


def conditions(names: list[str], operators: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    made = st.builds(condition, st.sampled_from(operators), values) | st.builds(
        condition, st.sampled_from(operators), values, values
    )
    empty = st.builds(condition, st.sampled_from(["is empty", "is not empty", "Is Empty"]))
    return st.builds(one_filter, st.sampled_from(names), made | empty) | st.builds(
        one_filter, st.sampled_from(names), made, made
    )


TEXT_TESTS = ["is", "is not", "contains", "not contains", "starts with", "not starts with"]
ORDER_TESTS = ["at least", "at most", "less than", "greater than"]
words = st.sampled_from([text for text in TEXTS + EMAILS if text] + ["a", "%", "_", "\\", "EXAMPLE", "ü", " "])
filters = st.one_of(
    conditions(TEXT_FIELDS, TEXT_TESTS, words),
    conditions(NUMBER_FIELDS, ["is", "is not", *ORDER_TESTS], st.sampled_from(["-3", "0", "5", "5.0", "12.25", "50"])),
    conditions(["Unsubscribed"], ["is", "is not"], st.sampled_from(["true", "false"])),
    conditions(["Date of Birth"], ["is", "is not", *ORDER_TESTS], st.sampled_from(["1999-12-31", "2000-01-01"])),
    conditions(["Created At"], ORDER_TESTS, st.sampled_from(MOMENTS)),
    st.builds(
        one_filter, st.just("Member of List"), st.builds(condition, st.sampled_from(["in", "is"]), st.just("Thirds"))
    ),
    st.builds(
        one_filter,
        st.just("Member of List"),
        st.builds(condition, st.sampled_from(["in", "not in"]), st.just("Thirds"), st.just("Halves")),
    ),
    st.lists(st.sampled_from([*TEXT_FIELDS, "Lead Score"]), min_size=1, max_size=2, unique=True).map(
        lambda names: one_filter("Duplicate Fields", condition("is", *names))
    ),
    st.just(one_filter("All Leads")),
)
logics = ["1 and (2 or 3)", "(1 or 2) and 3", "3 or (2 and 1)", "((1)) OR 2".lower(), "(1 and 3) or (2 and 3)", "2"]


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        how = draw(st.sampled_from(["all", "any"]))
        return {"filterMatchType": how, "triggers": [], "filters": draw(st.lists(filters, min_size=1, max_size=3))}
    chosen = draw(st.lists(filters, min_size=3, max_size=3))
    return {"filterMatchType": "custom", "filterCustomRuleLogic": draw(st.sampled_from(logics)), "filters": chosen}


def told_by_the_simulator(marketo: SimulatedMarketo, raw: dict[str, Any]) -> list[int]:
    store = marketo.instance.store
    with store.writing() as cursor:
        cursor.execute("update smart_lists set rules = ? where name = 'The law'", [json.dumps(raw)])
    number = store.value("select id from smart_lists where name = 'The law'")
    return [row["id"] for row in store.rows(f"select id from leads l where {members_of(store, number)} order by id")]


def extract(marketo: SimulatedMarketo, columns: list[str], folder: Path) -> pl.DataFrame:
    span = {"startAt": 0, "endAt": 4_000_000_000_000}
    order = {"fields": ["id", *columns], "columnHeaderNames": {}, "filter": {"createdAt": span}}
    target = folder / "everybody.csv"
    write_file(marketo.instance.store, *lead_source(marketo.instance.store, order), target, "CSV")
    return read_leads(target.read_bytes())


def named(marketo: SimulatedMarketo, read: SmartRules, leads: pl.DataFrame) -> dict[int, pl.Series]:
    found: dict[int, pl.Series] = {}
    for place, one in enumerate(read.filters):
        if isinstance(one, Twins):
            found[place] = ids_of_twins(keys_of_twins(one, leads))
        if isinstance(one, OfLists):
            rows = [
                row["lead"]
                for name in one.names
                for row in marketo.instance.store.rows(
                    "select lead from static_list_members m join static_lists s on s.id = m.list where s.name = ?",
                    [name],
                )
            ]
            found[place] = pl.Series(rows, dtype=pl.Int64)
    return found


@given(raw=rules())
@settings(max_examples=150, deadline=None)
def test_members_are_those_that_marketo_would_have_exported(
    raw: dict[str, Any], marketo: SimulatedMarketo, fields: list[LeadField], tmp_path_factory: pytest.TempPathFactory
) -> None:
    read = read_smart_rules(raw, fields)
    leads = extract(marketo, [name for name in read.columns if name != "id"], tmp_path_factory.getbasetemp())
    mask = members(read, leads, named(marketo, read, leads))
    assert leads.filter(mask)["id"].sort().to_list() == told_by_the_simulator(marketo, raw)


def test_each_operator_alone_tells_some_from_others(marketo: SimulatedMarketo, fields: list[LeadField]) -> None:
    """The law above is not one of empty lists and of full ones."""
    told = set[bool]()
    for name, operator in product(TEXT_FIELDS, TEXT_TESTS):
        raw = {"filterMatchType": "all", "filters": [one_filter(name, condition(operator, "ada", "bo@example.org"))]}
        told.add(0 < len(told_by_the_simulator(marketo, raw)) < 80)
    assert told == {True}
