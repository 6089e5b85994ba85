import pytest
from touchline.domain.marketo.activity_rules import (
    ActivityRules,
    describe_activity_rules,
    needed_fields,
    needs_list,
    parse_activity_rules,
    rule_warnings,
)
from touchline.domain.marketo.activity_types import ACTIONS, USUAL
from touchline.domain.marketo.kinds import kind_named
from touchline.errors import InvalidRequest


def test_nothing_said_imports_the_usual_by_ids_of_leads() -> None:
    rules = parse_activity_rules({})
    assert rules == ActivityRules(USUAL)
    assert rules.types == (2, 6, 7, 8, 9, 10, 11, 22, 27, 104)
    assert needed_fields(rules) == ["id"]
    assert rule_warnings(rules) == []


def test_everything_can_be_said() -> None:
    raw = {
        "version": 1,
        "actions": ["email_opened", "page_viewed"],
        "people": "address",
        "first_days": 365,
        "late_hours": 0,
    }
    rules = parse_activity_rules(raw)
    assert rules.types == (1, 10)
    assert needed_fields(rules) == ["id", "email"]
    words = " ".join(describe_activity_rules(rules))
    assert "Open Email as email_opened" in words
    assert "365 days" in words
    assert len(rule_warnings(rules)) == 3


@pytest.mark.parametrize(
    ("raw", "place", "says"),
    [
        ({"actions": []}, "rules.actions", "at least one"),
        ({"actions": ["email_open"]}, "rules.actions[0]", "email_opened"),
        ({"actions": ["email_sent", "email_sent"]}, "rules.actions[1]", "twice"),
        ({"actions": "email_sent"}, "rules.actions", "list"),
        ({"people": "contact"}, "rules.people", "lead, address"),
        ({"addresses": "yes"}, "rules.addresses", "true or false"),
        ({"first_days": 0}, "rules.first_days", "1 to 365"),
        ({"first_days": 366}, "rules.first_days", "1 to 365"),
        ({"late_hours": 169}, "rules.late_hours", "0 to 168"),
        ({"since": "2026-01-01"}, "rules.since", "not known"),
        ({"version": 2}, "rules.version", "1"),
    ],
)
def test_what_is_wrong_is_named(raw: dict[str, object], place: str, says: str) -> None:
    with pytest.raises(InvalidRequest, match=r".") as refused:
        parse_activity_rules(raw)
    assert refused.value.field == place
    assert says in str(refused.value)


def test_addresses_need_a_list_and_ids_do_not() -> None:
    assert not needs_list({})
    assert needs_list({"people": "address"})
    assert needs_list({"addresses": True})


def test_the_kind_reads_its_rules_and_writes_nothing() -> None:
    kind = kind_named("activity_import")
    read = kind.read({"actions": ["email_sent"]}, [])
    assert read.job.activities
    assert read.job.writes == "nothing"
    assert kind.missing({}, []) == []


def test_actions_are_those_that_key_figures_know() -> None:
    assert {"email_sent", "email_delivered", "email_opened", "link_clicked", "unsubscribed"} <= ACTIONS.keys()
