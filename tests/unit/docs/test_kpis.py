"""The page of key figures says what the code computes."""

from query_api.kpis_question import HORIZON_DAYS
from touchline.domain.customer_value.fitting import LEAST_CUSTOMERS, LEAST_REPEATERS
from touchline.domain.kpis import machines
from touchline.domain.kpis.definitions import INPUTS, KPIS
from touchline.domain.kpis.question import ROLES
from touchline.domain.queries.experiments import DEFAULT_EXPOSURES
from touchline.domain.spend import COLUMNS
from touchline.domain.statistics.verdicts import LEAST_CONTACTS, LEAST_CONVERTED

from tests.unit.docs.pages import REFERENCE, read, table, word, words


def text(page: str) -> str:
    return " ".join(read(REFERENCE / page).split())


def test_figures_their_definitions_and_inputs_are_those_of_the_code() -> None:
    told = {
        word(row["figure"]): (row["name"], row["definition"], tuple(words(row["inputs"])))
        for row in table("kpis.md", "figure")
    }
    assert told == {kpi.name: (kpi.title, kpi.definition, kpi.inputs) for kpi in KPIS.values()}


def test_inputs_are_those_of_the_code() -> None:
    assert {word(row["input"]): row["meaning"] for row in table("kpis.md", "input")} == INPUTS


def test_roles_and_their_actions_are_those_of_the_code() -> None:
    rows = table("kpis.md", "role in `actions`")
    assert {word(row["role in `actions`"]): tuple(words(row["usual actions"])) for row in rows} == ROLES


def test_rules_and_limits_are_those_of_the_code() -> None:
    assert machines.describe().replace(machines.AGENT_FIELD, f"`{machines.AGENT_FIELD}`") in text("kpis.md")
    assert f"Fewer than {LEAST_CUSTOMERS} customers or {LEAST_REPEATERS} who bought again" in text("kpis.md")
    assert f"`horizon_days` ({HORIZON_DAYS} unless given)" in text("kpis.md")
    assert f"fewer than {LEAST_CONTACTS} contacts or {LEAST_CONVERTED} converted" in text("comparison.md")
    assert ", ".join(f"`{action}`" for action in DEFAULT_EXPOSURES) in text("comparison.md")


def test_the_columns_of_a_sheet_are_those_of_the_code() -> None:
    assert [name for row in table("spend.md", "column") for name in words(row["column"])] == list(COLUMNS)
