"""Worked examples of who survives, with what values, and what is written."""

from typing import Any

import pytest
from touchline.domain.leads.decisions import Decision

from tests.unit.domain.leads.instance import Lead, Raw, dedupe, frame, rules_of

ADDRESS = {"email": "a@x.com"}


def decided(raw: Raw, *leads: dict[str, str | None]) -> Decision:
    rules = rules_of({"outcome": {"kind": "merge"}, **raw})
    numbered: list[Lead] = [{"id": str(n), **ADDRESS, **lead} for n, lead in enumerate(leads, 1)]
    return dedupe(rules, frame(rules, numbered))


def winner(decision: Decision) -> int:
    (one,) = decision.merges["winner"].unique().to_list()
    return int(one)


@pytest.mark.parametrize(
    ("prefer", "first", "second", "why"),
    [
        (["email_valid"], {"emailInvalid": "true"}, {"emailInvalid": "false"}, "not known to be invalid"),
        (["most_engaged"], {"leadScore": "9"}, {"leadScore": "10"}, "highest leadScore"),
        (["most_engaged"], {"leadScore": None}, {"leadScore": "-3"}, "highest leadScore"),
        (
            [{"prefer": "most_engaged", "field": "revenue"}],
            {"revenue": "1.5", "leadScore": "9"},
            {"revenue": "1.50001"},
            "highest revenue",
        ),
        (
            ["most_recently_updated"],
            {"updatedAt": "2026-01-01T12:00:00+0300"},
            {"updatedAt": "2026-01-01T10:00:00Z"},
            "latest updatedAt",
        ),
        (["oldest"], {"createdAt": "2024-02-01T00:00:00Z"}, {"createdAt": "2023-12-31"}, "earliest createdAt"),
        (["oldest"], {"createdAt": None}, {"createdAt": "2026-12-31"}, "earliest createdAt"),
        (["most_complete"], {"title": "CEO"}, {"title": "CEO", "company": "Acme"}, "most of"),
        (
            [{"prefer": "value", "field": "title", "values": ["CEO", "CTO"]}],
            {"title": "CTO"},
            {"title": "ceo "},
            "first of CEO, CTO",
        ),
        (["oldest"], {"sfdcLeadId": None}, {"sfdcLeadId": "00Q"}, "ranks higher in Salesforce"),
        (["oldest"], {"sfdcLeadId": "00Q"}, {"sfdcLeadId": "00Q", "sfdcContactId": "003"}, "ranks higher"),
        (["oldest"], {"sfdcType": "Lead"}, {"sfdcType": "Contact"}, "ranks higher in Salesforce"),
        (
            ["salesforce_contact", "most_engaged", "oldest"],
            {"leadScore": "5", "createdAt": "2024-01-02"},
            {"leadScore": "5.0", "createdAt": "2024-01-01"},
            "earliest createdAt",
        ),
    ],
)
def test_the_preferred_lead_survives_and_it_is_said_why(
    prefer: list[Any], first: dict[str, str | None], second: dict[str, str | None], why: str
) -> None:
    found = decided({"survivor": {"prefer": prefer}}, first, second)
    assert winner(found) == 2
    assert why in found.merges["reason"][0].partition("; lead 2 survives: it ")[2]


def test_the_lowest_id_decides_a_tie_which_may_be_left_alone_instead() -> None:
    same = {"leadScore": "5"}
    assert winner(decided({"survivor": {"prefer": ["most_engaged"]}}, same, same)) == 1
    found = decided({"survivor": {"prefer": ["most_engaged"], "skip_ties": True}}, same, same, {"leadScore": "1"})
    assert found.merges.height == 0
    assert found.quarantine["guard"].to_list() == ["tie"] * 3
    assert winner(decided({"survivor": {"prefer": ["most_engaged"], "skip_ties": True}}, same, {"leadScore": "6"})) == 2


def test_losers_fill_blanks_in_the_order_in_which_they_would_have_survived() -> None:
    found = decided(
        {"survivor": {"prefer": ["most_engaged"]}}, {"leadScore": "1"}, {"leadScore": "9"}, {"leadScore": "5"}
    )
    assert found.merges.select("winner", "loser", "position").rows() == [(2, 3, 1), (2, 1, 2)]


CONTACT = {"sfdcType": "Contact", "sfdcContactId": "003"}
CRM_LEAD = {"sfdcType": "Lead", "sfdcLeadId": "00Q"}
ALONE: dict[str, str | None] = {}


@pytest.mark.parametrize(
    ("leads", "survivor", "guard"),
    [
        ([ALONE, ALONE], 1, None),
        ([ALONE, CRM_LEAD], 2, None),
        ([ALONE, CONTACT], 2, None),
        ([CRM_LEAD, CRM_LEAD], 1, None),
        ([CRM_LEAD, CONTACT], 2, None),
        ([CONTACT, CRM_LEAD, ALONE], 1, None),
        ([CONTACT, CONTACT], None, "two_contacts"),
        ([ALONE, CONTACT, CONTACT], None, "two_contacts"),
        ([ALONE, {"isPersonAccount": "true"}], None, "person_account"),
        ([CONTACT, {**CONTACT, "isPersonAccount": "true"}], None, "person_account"),
    ],
)
def test_the_table_of_salesforce(leads: list[dict[str, str | None]], survivor: int | None, guard: str | None) -> None:
    found = decided({"survivor": {"prefer": []}}, *leads)
    if survivor is not None:
        assert winner(found) == survivor
        assert found.quarantine.height == 0
    else:
        assert found.merges.height == 0
        assert found.quarantine["guard"].to_list() == [guard] * len(leads)
        assert found.quarantine["group"].to_list() == [1] * len(leads)


def test_what_cannot_be_merged_can_be_told_by_a_customers_own_field() -> None:
    raw = {"salesforce": {"unmergeable": [{"field": "title", "values": ["Kept"], "reason": "custom_objects"}]}}
    found = decided(raw, {}, {"title": "kept"})
    assert found.quarantine["reason"].to_list() == ["lead 2 has custom objects, which would be lost"] * 2


OLD, NEW = "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("field", "rule", "values", "after", "source"),
    [
        ("title", "winner", [None, "CEO"], None, ""),
        ("title", "first_non_empty", [None, "CEO", "CTO"], "CEO", "2"),
        ("title", "first_non_empty", ["CIO", "CEO"], None, ""),
        ("title", {"rule": "newest", "by": "lastSeenAt"}, ["CIO", "CEO", "CTO"], "CTO", "3"),
        ("title", {"rule": "newest", "by": "lastSeenAt"}, ["CIO", "CEO", None], "CEO", "2"),
        ("title", {"rule": "oldest", "by": "lastSeenAt"}, [None, "CEO", "CTO"], "CEO", "2"),
        ("leadScore", "max", ["9", "10", None], "10", "2"),
        ("leadScore", "max", ["10", "10.0"], None, ""),
        ("leadScore", "min", [None, "9", "-1"], "-1", "3"),
        ("lastSeenAt", "max", [OLD, "2025-12-31T23:00:00-0200", NEW], "2025-12-31T23:00:00-0200", "2"),
        ("birthday", "min", ["2000-01-02", "2000-01-01"], "2000-01-01", "2"),
        ("revenue", "sum", ["0.1", "0.2", None], "0.3", ""),
        ("revenue", "sum", ["5", None, "0.0"], None, ""),
        ("leadScore", "sum", ["5", "10"], "15", ""),
        ("interests", "union", ["b", "a; b", "c;a"], "b;a;c", ""),
        ("interests", "union", ["b;a", "a;b"], None, ""),
        ("interests", "union", ["x" * 200, "y" * 200], None, ""),
        ("notes", "union", ["x" * 200, "y" * 200], "x" * 200 + ";" + "y" * 200, ""),
        ("unsubscribed", "any_true", [None, "false", "true"], "true", "3"),
        ("unsubscribed", "any_true", ["true", "false"], None, ""),
        ("unsubscribed", "any_true", [None, "false"], None, ""),
        ("doNotCall", "all_true", ["true", "true", None], "false", "3"),
        ("doNotCall", "all_true", ["true", "true"], None, ""),
    ],
)
def test_each_rule_of_values(field: str, rule: Any, values: list[str | None], after: str | None, source: str) -> None:
    seen = (OLD, OLD, NEW) if isinstance(rule, dict) and rule["rule"] == "newest" and values[-1] else (OLD, NEW, NEW)
    times = {} if field == "lastSeenAt" else {n: {"lastSeenAt": at} for n, at in enumerate(seen)}
    leads = [{**times.get(n, {}), field: value} for n, value in enumerate(values)]
    found = decided({"survivor": {"prefer": []}, "values": {"fields": {field: rule}}}, *leads)
    changes = found.changes.filter(found.changes["field"] == field)
    assert changes.select("id", "before", "after", "key").rows() == (
        [] if after is None else [(1, values[0], after, source)]
    )


@pytest.mark.parametrize(
    ("take", "after"),
    [
        ("winner", {}),
        ("first_non_empty", {"firstName": "Bo", "lastName": None}),
        ({"take": "newest", "by": "lastSeenAt"}, {"firstName": None, "lastName": "Li"}),
    ],
)
def test_fields_of_a_group_come_from_one_lead_with_its_blanks(take: Any, after: dict[str, str | None]) -> None:
    rule = take if isinstance(take, dict) else {"take": take}
    raw = {"survivor": {"prefer": []}, "values": {"groups": [{"fields": ["firstName", "lastName"], **rule}]}}
    found = decided(
        raw,
        {"lastSeenAt": NEW},
        {"firstName": "Bo", "lastSeenAt": OLD},
        {"lastName": "Li", "lastSeenAt": NEW},
    )
    expected = {name: value for name, value in after.items() if value is not None}
    assert dict(found.changes.select("field", "after").rows()) == expected


def test_consent_flags_are_kept_unless_a_rule_says_otherwise() -> None:
    found = decided({}, {"leadScore": "9"}, {"unsubscribed": "true", "doNotCall": "true"})
    assert found.changes.select("id", "field", "after", "rule", "key").rows() == [
        (1, "doNotCall", "true", "any_true", "2"),
        (1, "unsubscribed", "true", "any_true", "2"),
    ]
    own = {"values": {"fields": {"unsubscribed": "winner"}}}
    assert decided(own, {"leadScore": "9"}, {"unsubscribed": "true"}).changes.height == 0


MARK: Raw = {"outcome": {"kind": "mark"}, "survivor": {"prefer": ["most_engaged"]}}


def test_marks_tell_group_survivor_duplicate_and_rule() -> None:
    found = decided(MARK, {"leadScore": "1"}, {"leadScore": "2"})
    assert found.changes.select("id", "field", "after", "rule").rows() == [
        (1, "tlDuplicateGroup", "1", "email"),
        (1, "tlIsDuplicate", "true", "email"),
        (1, "tlRule", "email", "email"),
        (1, "tlSurvivor", "2", "email"),
        (2, "tlDuplicateGroup", "1", "email"),
        (2, "tlRule", "email", "email"),
        (2, "tlSurvivor", "2", "email"),
    ]
    assert found.merges.height == 0
    assert found.changes["reason"].unique(maintain_order=True).to_list() == [
        "same key as lead 2 by rule email; lead 2 survives: it has the highest leadScore",
        "same key as lead 1 by rule email; lead 2 survives: it has the highest leadScore",
    ]


BORNE = {"tlDuplicateGroup": "1", "tlSurvivor": "1", "tlRule": "email"}


def test_the_survivor_that_was_marked_stays_it() -> None:
    """Otherwise writing marks, which makes leads the most recently updated, would choose another every time."""
    first, second = {**BORNE, "leadScore": "1"}, {**BORNE, "leadScore": "9", "tlIsDuplicate": "true"}
    assert decided(MARK, first, second).changes.height == 0
    again = decided({**MARK, "survivor": {"prefer": ["most_engaged"], "keep_marked": False}}, first, second)
    assert ("tlSurvivor", "2") in again.changes.select("field", "after").rows()
    assert ("tlSurvivor", "2") in decided(MARK, first, {**second, **CONTACT}).changes.select("field", "after").rows()


def test_a_lead_that_is_no_duplicate_any_more_loses_its_marks() -> None:
    found = decided(MARK, {**BORNE, "tlIsDuplicate": "true", "email": "other@x.com"})
    assert found.changes.select("field", "before", "after").rows() == [
        ("tlDuplicateGroup", "1", None),
        ("tlIsDuplicate", "true", "false"),
        ("tlRule", "email", None),
        ("tlSurvivor", "1", None),
    ]
    two = decided(MARK, {**BORNE, **CONTACT}, {**BORNE, **CONTACT})
    assert set(two.changes["after"].to_list()) == {None}
    assert two.quarantine["guard"].to_list() == ["two_contacts"] * 2


def test_a_preview_decides_what_it_previews() -> None:
    leads: list[dict[str, str | None]] = [{"leadScore": "1"}, {"leadScore": "2", "unsubscribed": "true"}]
    for of in ("mark", "merge"):
        preview, real = (
            decided({"outcome": {"kind": "preview", "of": of}}, *leads),
            decided({"outcome": {"kind": of}}, *leads),
        )
        assert preview.changes.rows() == real.changes.rows()
        assert preview.merges.rows() == real.merges.rows()
