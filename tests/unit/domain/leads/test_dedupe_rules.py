import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import SUPPORTED_REGIONS
from touchline.domain.leads.countries import COUNTRY_CODES, COUNTRY_NAMES
from touchline.domain.leads.dedupe_rules import CONSENT_FIELDS, KeyPart, MatchRule
from touchline.domain.leads.match_reading import FITTING, NORMALISERS
from touchline.domain.leads.rules import (
    describe_dedupe_rules,
    fields_to_create,
    needed_fields,
    parse_dedupe_rules,
    rule_warnings,
)
from touchline.domain.leads.survivor_reading import PREFERENCES
from touchline.domain.leads.value_reading import VALUE_RULES
from touchline.errors import InvalidRequest

from tests.unit.domain.leads.instance import FIELDS, MATCHES, TYPES, VALUES, Raw, rules_of

PERSON = ["firstName", "lastName", "company"]


def test_nothing_said_is_a_good_set_of_rules() -> None:
    rules = rules_of({})
    assert rules.match == (MatchRule("email", (KeyPart("email", "email"),)),)
    assert rules.outcome.kind == "mark"
    usual = [one for one in PREFERENCES if one not in {"most_complete", "value"}]
    assert [one.kind for one in rules.survivor.prefer] == usual
    assert not {"firstName", "company", "phone"} & {*needed_fields(rules)}
    assert {one.field for one in rules.values.fields} == set(CONSENT_FIELDS)
    assert rule_warnings(rules) == []


def test_values_that_no_next_run_minds_are_taken() -> None:
    match = [{"fields": [{"field": "phone", "country_field": "country"}]}]
    values = {
        "fields": {
            "phone": "winner",
            "lastSeenAt": "max",
            "birthday": "min",
            "title": {"rule": "newest", "by": "lastSeenAt"},
            "company": {"rule": "oldest", "by": "birthday"},
        }
    }
    rules = rules_of({"match": match, "values": values, "outcome": {"survivor_values": True}})
    assert rules.outcome.survivor_values
    keys = {"fields": {"phone": "first_non_empty"}}
    assert rules_of({"match": match, "values": keys, "outcome": {"kind": "merge"}}).values.fields[0].field == "phone"
    assert not rules_of({"match": match, "values": keys}).outcome.survivor_values


def test_rules_may_ask_for_what_changed_and_say_how_often_for_everything() -> None:
    assert not rules_of({}).incremental
    rules = rules_of({"scope": {"incremental": True}})
    assert (rules.incremental, rules.full_every_days) == (True, 7)
    assert any("The whole list is read every 7 days" in words for words in describe_dedupe_rules(rules))
    daily = rules_of({"scope": {"incremental": True, "full_every_days": 1}})
    assert any("The whole list is read every day" in words for words in describe_dedupe_rules(daily))


@pytest.mark.parametrize(
    ("raw", "place", "reason"),
    [
        ({"scope": {"incremental": True, "closure": True}}, "incremental", "choose one of both"),
        ({"scope": {"incremental": True}, "match": MATCHES["alike"]}, "incremental", "rule alike compares values"),
        ({"scope": {"incremental": True}, "outcome": {"kind": "preview"}}, "incremental", "start an execution as a"),
        ({"scope": {"incremental": "yes"}}, "incremental", "must be true or false"),
        ({"scope": {"full_every_days": 0}}, "full_every_days", "from 1 to 31"),
        ({"scope": {"everybody": True}}, "everybody", "is not known"),
    ],
)
def test_what_does_not_go_with_reading_what_changed_is_refused(raw: Raw, place: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason) as refused:
        rules_of(raw)
    assert refused.value.field == f"rules.scope.{place}"


def test_an_extract_has_the_columns_that_the_rules_need_and_no_others() -> None:
    assert needed_fields(rules_of({"survivor": {"prefer": ["oldest"]}, "exclusions": {"role_accounts": False}})) == [
        "id",
        "createdAt",
        "email",
        "isPersonAccount",
        "leadPartitionId",
        "sfdcContactId",
        "sfdcLeadId",
        "sfdcType",
        "tlDuplicateGroup",
        "tlIsDuplicate",
        "tlRule",
        "tlSurvivor",
        "updatedAt",
    ]
    merging = needed_fields(rules_of({"outcome": {"kind": "merge"}, "values": {"fields": {"revenue": "sum"}}}))
    assert {"revenue", *CONSENT_FIELDS} <= set(merging)
    assert not [name for name in merging if name.startswith("tl")]


WRONG: list[tuple[str, Raw, str, str]] = [
    ("an unknown key", {"matches": []}, "rules.matches", "Did you mean match?"),
    ("a list for an object", {"guards": [1]}, "rules.guards", "must be an object"),
    ("another version", {"version": 2}, "rules.version", "from 1 to 1"),
    ("no rule", {"match": []}, "rules.match", "at least one rule"),
    ("a misspelt field", {"match": [{"fields": ["emial"]}]}, "rules.match[0].fields[0].field", "Did you mean email?"),
    (
        "a normaliser on the wrong type",
        {"match": [{"fields": ["email", {"field": "leadScore", "normaliser": "phone"}]}]},
        "rules.match[0].fields[1].normaliser",
        "it fits phone, string, text",
    ),
    (
        "an unknown normaliser",
        {"match": [{"fields": [{"field": "email", "normaliser": "mail"}]}]},
        "rules.match[0].fields[0].normaliser",
        "canonical_email",
    ),
    (
        "a country for a name",
        {"match": [{"fields": [{"field": "lastName", "normaliser": "name", "country": "US"}]}]},
        "rules.match[0].fields[0].country",
        "it is for phone",
    ),
    (
        "no country",
        {"match": [{"fields": [{"field": "phone", "country": "USA"}]}]},
        "rules.match[0].fields[0].country",
        "two letters",
    ),
    ("no block", {"match": [{"near": [{"field": "lastName"}]}]}, "rules.match[0].fields", "within blocks"),
    (
        "a score that everything has",
        {"match": [{"fields": ["email"], "near": [{"field": "lastName", "at_least": 0.2}]}]},
        "rules.match[0].near[0].at_least",
        "0.92",
    ),
    (
        "alike numbers",
        {"match": [{"fields": ["email"], "near": [{"field": "leadScore"}]}]},
        "rules.match[0].near[0].field",
        "near matches compare words",
    ),
    (
        "two rules of one name",
        {"match": [{"name": "a", "fields": ["email"]}, {"name": "a", "fields": ["phone"]}]},
        "rules.match[1].name",
        "another rule's name",
    ),
    ("a cap of one", {"guards": {"cluster_cap": 1}}, "rules.guards.cluster_cap", "from 2 to 1,000"),
    ("text for a flag", {"guards": {"cohesion": "yes"}}, "rules.guards.cohesion", "true or false"),
    ("an address for a domain", {"exclusions": {"domains": ["a@b.com"]}}, "rules.exclusions.domains[0]", "example.com"),
    ("text for an id", {"exclusions": {"ids": ["7"]}}, "rules.exclusions.ids[0]", "whole number"),
    (
        "a list without values",
        {"exclusions": {"do_not_merge": [{"field": "title"}]}},
        "rules.exclusions.do_not_merge[0].values",
        "keep a lead from being merged",
    ),
    ("an unknown preference", {"survivor": {"prefer": ["richest"]}}, "rules.survivor.prefer[0].prefer", "most_engaged"),
    (
        "engagement in words",
        {"survivor": {"prefer": [{"prefer": "most_engaged", "field": "title"}]}},
        "rules.survivor.prefer[0].field",
        "Such are id, leadPartitionId, leadScore, revenue",
    ),
    (
        "an unknown rule of values",
        {"values": {"fields": {"leadScore": "largest"}}},
        "rules.values.fields.leadScore.rule",
        "max",
    ),
    ("a sum of words", {"values": {"fields": {"title": "sum"}}}, "rules.values.fields.title.rule", "first_non_empty"),
    ("a value nobody may write", {"values": {"fields": {"createdAt": "min"}}}, "rules.values.fields.createdAt", "let"),
    (
        "newest by a word",
        {"values": {"fields": {"title": {"rule": "newest", "by": "company"}}}},
        "rules.values.fields.title.by",
        "newest and oldest go by",
    ),
    ("by for a maximum", {"values": {"fields": {"leadScore": {"rule": "max", "by": "updatedAt"}}}},
     "rules.values.fields.leadScore.by", "newest and oldest"),
    ("a group of one", {"values": {"groups": [{"fields": ["title"]}]}}, "rules.values.groups[0].fields", "two fields"),
    (
        "two rules for one field",
        {"values": {"fields": {"title": "newest"}, "groups": [{"fields": ["title", "company"]}]}},
        "rules.values.groups[0].fields",
        "another rule",
    ),
    (
        "sums that grow with every run",
        {"values": {"fields": {"revenue": "sum"}}, "outcome": {"kind": "mark", "survivor_values": True}},
        "rules.values.fields.revenue",
        "use max",
    ),
    (
        "the newest by what we write",
        {"values": {"fields": {"title": "newest"}}, "outcome": {"survivor_values": True}},
        "rules.values.fields.title",
        "first_non_empty",
    ),
    (
        "a value that makes other duplicates",
        {"values": {"fields": {"email": "first_non_empty"}}, "outcome": {"survivor_values": True}},
        "rules.values.fields.email",
        "use winner",
    ),
    (
        "values together of which one is alike",
        {
            "match": MATCHES["alike"],
            "values": {"groups": [{"fields": ["title", "lastName"], "take": "oldest"}]},
            "outcome": {"survivor_values": True},
        },
        "rules.values.groups[0].take",
        "lastName is what the rule alike compares",
    ),
    (
        "a country that numbers are read by",
        {
            "match": [{"fields": [{"field": "phone", "country_field": "country"}]}],
            "values": {"fields": {"country": "first_non_empty"}},
            "outcome": {"survivor_values": True},
        },
        "rules.values.fields.country",
        "use winner",
    ),
    (
        "a time that falls while others go by the newest",
        {
            "values": {"fields": {"lastSeenAt": "min", "title": {"rule": "newest", "by": "lastSeenAt"}}},
            "outcome": {"survivor_values": True},
        },
        "rules.values.fields.lastSeenAt",
        "use max",
    ),
    (
        "survivors that change with their values",
        {"survivor": {"keep_marked": False}, "outcome": {"survivor_values": True}},
        "rules.survivor.keep_marked",
        "must be true",
    ),
    ("a merge without values", {"outcome": {"kind": "merge", "survivor_values": False}},
     "rules.outcome.survivor_values", "a merge always"),
    ("what only a preview has", {"outcome": {"kind": "mark", "of": "merge"}}, "rules.outcome.of", "preview"),
    (
        "a mark of the wrong type",
        {"outcome": {"marks": {"duplicate": "title"}}},
        "rules.outcome.marks.duplicate",
        "this mark goes into fields of type boolean",
    ),
    (
        "one field for two marks",
        {"outcome": {"marks": {"group": "tlRule"}}},
        "rules.outcome.marks.rule",
        "another mark",
    ),
    ("a share above one", {"ask_above_share": 30}, "rules.ask_above_share", "from 0 to 1"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "place", "hint"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_refusal_names_the_place_and_what_would_work(raw: Raw, place: str, hint: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        rules_of(raw)
    assert refused.value.field == place
    assert str(refused.value).startswith(f"{place}: ")
    assert hint in str(refused.value)


def test_marks_need_their_fields_which_can_be_created() -> None:
    with pytest.raises(InvalidRequest, match="let it be created") as refused:
        parse_dedupe_rules({}, FIELDS)
    assert refused.value.field == "rules.outcome.marks.group"
    created = fields_to_create({}, FIELDS)
    assert [field.data_type for field in created] == ["integer", "integer", "boolean", "string"]
    assert parse_dedupe_rules({}, [*FIELDS, *created]).outcome.marks.names == tuple(field.name for field in created)
    assert fields_to_create({}, [*FIELDS, *created]) == []
    own = {"outcome": {"marks": {"group": "grp"}}}
    assert fields_to_create(own, FIELDS)[0].name == "grp"


@pytest.mark.parametrize("outcome", [{"kind": "preview"}, {"kind": "preview", "of": "merge"}, {"kind": "merge"}])
def test_what_writes_no_marks_needs_no_fields_for_them(outcome: Raw) -> None:
    assert fields_to_create({"outcome": outcome}, FIELDS) == []
    assert parse_dedupe_rules({"outcome": outcome}, FIELDS).outcome.kind == outcome["kind"]


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ({"fields": [{"field": "phone", "country": "US"}]}, "78%"),
        (
            {"fields": [{"field": "email", "normaliser": "domain"}, {"field": "lastName", "normaliser": "name"}]},
            "17%",
        ),
        ({"fields": [{"field": "company", "normaliser": "company"}]}, "different people"),
        (
            {"fields": [{"field": "email", "normaliser": "domain"}], "near": [{"field": "lastName"}]},
            "relatives and namesakes",
        ),
    ],
    ids=["phone alone", "domain and last name", "company alone", "one alike value in a domain"],
)
def test_weak_keys_carry_a_warning(rule: Raw, hint: str) -> None:
    (warning,) = rule_warnings(rules_of({"match": [rule]}))
    assert hint in warning


def test_rules_of_values_without_effect_carry_a_warning() -> None:
    (warning,) = rule_warnings(rules_of({"values": {"fields": {"title": "newest"}}}))
    assert "title have no effect" in warning


@pytest.mark.parametrize("match", MATCHES.values(), ids=list(MATCHES))
def test_rules_are_told_in_words(match: list[Raw]) -> None:
    told = describe_dedupe_rules(rules_of({"match": match, "values": VALUES, "outcome": {"kind": "merge"}}))
    assert all(line[0].isalnum() and line.endswith(".") and "{" not in line for line in told)
    assert len(told) == len(set(told))
    everything = " ".join(told)
    assert all(name in everything for rule in match for name in [rule.get("name", "email")])
    assert "cannot be undone" in everything


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["match", "fields", "near", "guards", "values", "outcome", "kind", "prefer", "field", "x"]
                )
                | st.sampled_from([*TYPES, "survivor", "exclusions", "salesforce", "scope", "marks", "rule", "groups"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_comes_is_read_or_refused(raw: object) -> None:
    try:
        told = describe_dedupe_rules(rules_of(raw))  # type: ignore[arg-type]
    except InvalidRequest as refused:
        told = [refused.field or ""]
    assert told[0].startswith(("rules", "Two leads are the same"))


def test_countries_are_those_of_the_library() -> None:
    assert frozenset(SUPPORTED_REGIONS) == COUNTRY_CODES
    assert set(COUNTRY_NAMES.values()) <= COUNTRY_CODES
    assert set(FITTING) < set(NORMALISERS)
    assert len(VALUE_RULES) == 10
