"""The page of Marketo's activities says what the code takes over."""

from dataclasses import fields

from touchline.domain.marketo.activity_properties import TAKEN_OVER
from touchline.domain.marketo.activity_rules import (
    MOST_FIRST_DAYS,
    MOST_LATE_HOURS,
    USUAL_FIRST_DAYS,
    USUAL_LATE_HOURS,
    VERSION,
    ActivityRules,
)
from touchline.domain.marketo.activity_types import ACTIONS, USUAL
from touchline.domain.marketo.activity_windows import SETTLED_MS
from touchline.services.marketo.activity_orders import IMPORTED_UNTIL
from touchline.services.marketo.import_activities import COUNTS, results_of

from tests.unit.docs.pages import REFERENCE, read, table, word, words

PAGE = "marketo-activities.md"
TEXT = " ".join(read(REFERENCE / PAGE).split())


def test_actions_and_what_they_carry_are_those_of_the_code() -> None:
    rows = {word(row["action"]): row for row in table(PAGE, "action")}
    assert rows.keys() == ACTIONS.keys()
    for action, row in rows.items():
        kind = ACTIONS[action]
        assert row["Marketo's activity"] == f"{kind.number} {kind.name}"
        assert word(row["about"]) == kind.about
        taken = {name for name, _ in TAKEN_OVER.get(action, {}).values()} | ({"hard"} if "bounced" in action else set())
        assert set(words(row["`properties`"])) == taken, action


def test_rules_and_their_limits_are_those_of_the_code() -> None:
    rows = {word(row["rule"]): row for row in table(PAGE, "rule")}
    assert rows.keys() == {field.name for field in fields(ActivityRules)} | {"version"}
    assert rows["first_days"]["unless given"] == str(USUAL_FIRST_DAYS)
    assert rows["late_hours"]["unless given"] == str(USUAL_LATE_HOURS)
    assert rows["version"]["unless given"] == str(VERSION)
    assert f"1 to {MOST_FIRST_DAYS}" in rows["first_days"]["means"]
    assert f"0 to {MOST_LATE_HOURS}" in rows["late_hours"]["means"]
    assert set(words(rows["actions"]["unless given"])) == ACTIONS.keys() - set(USUAL)


def test_results_are_those_of_the_code() -> None:
    assert {word(row["result"]) for row in table(PAGE, "result")} == {
        *results_of(dict.fromkeys(COUNTS, 0)),
        IMPORTED_UNTIL,
    }


def test_what_is_said_of_times_is_true() -> None:
    assert SETTLED_MS == 5 * 60_000
    assert "five minutes before now" in TEXT
    assert f"further back than {MOST_FIRST_DAYS} days" in TEXT
