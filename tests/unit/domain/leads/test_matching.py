"""Worked examples of what makes two leads the same, and of what guards stop."""

from typing import Any

import polars as pl
import pytest
from touchline.domain.leads.decisions import Decision
from touchline.domain.leads.keys import emit_keys, key_text
from touchline.domain.leads.near import near_links

from tests.unit.domain.leads.instance import Lead, Raw, dedupe, frame, rules_of

MERGE = {"kind": "merge"}
OLDEST = {"prefer": ["oldest"]}


def decided(raw: Raw, *leads: dict[str, str | None]) -> Decision:
    rules = rules_of({"outcome": MERGE, "survivor": {"prefer": []}, **raw})
    numbered: list[Lead] = [{"id": str(n), **lead} for n, lead in enumerate(leads, 1)]
    return dedupe(rules, frame(rules, numbered))


def merged(decision: Decision) -> list[tuple[int, int]]:
    return [(winner, loser) for winner, loser in decision.merges.select("winner", "loser").rows()]


def stopped(decision: Decision) -> list[tuple[int, str]]:
    return [(one, guard) for one, guard in decision.quarantine.select("id", "guard").rows()]


def person(first: str | None, last: str | None, company: str | None, **more: str | None) -> dict[str, str | None]:
    return {"firstName": first, "lastName": last, "company": company, **more}


NAMED: Raw = {
    "match": [
        {
            "name": "person",
            "fields": [
                {"field": "firstName", "normaliser": "name"},
                {"field": "lastName", "normaliser": "name"},
                {"field": "company", "normaliser": "company"},
            ],
        }
    ]
}
ALIKE: Raw = {
    "match": [
        {
            "name": "alike",
            "fields": [{"field": "company", "normaliser": "company"}],
            "near": [{"field": "lastName", "at_least": 0.9}],
        }
    ]
}


def test_all_parts_of_a_key_must_be_there() -> None:
    same = person("Ann", "Lee", "Acme")
    found = decided(NAMED, same, {**same, "company": None}, {**same, "company": None}, {**same, "company": "ACME Inc."})
    assert merged(found) == [(1, 4)]


def test_parts_do_not_run_into_each_other() -> None:
    assert merged(decided(NAMED, person("Ann", "Lee", "Acme"), person("AnnLee", "Acme", "x"))) == []
    assert merged(decided(NAMED, person("An", "nLee", "Acme"), person("Ann", "Lee", "Acme"))) == []


def test_any_rule_joins() -> None:
    raw = {"match": [{"fields": ["email"]}, {"fields": [{"field": "phone", "country": "US"}]}]}
    found = decided(
        raw,
        {"email": "a@x.com", "phone": "212-555-0100"},
        {"email": "A@x.com"},
        {"email": "b@x.com", "phone": "(212) 555-0100"},
    )
    assert merged(found) == [(1, 2), (1, 3)]
    assert found.merges["rule"].to_list() == ["email", "phone"]
    assert found.merges["reason"][1].startswith("same key as lead 1 by rule phone; lead 1 survives: it")


def test_the_same_text_under_two_rules_is_two_keys() -> None:
    raw = {"match": [{"fields": ["firstName"]}, {"fields": ["lastName"]}]}
    assert merged(decided(raw, {"firstName": "Lee"}, {"lastName": "Lee"})) == []


def test_names_alike_within_a_company_match_and_elsewhere_do_not() -> None:
    found = decided(
        ALIKE,
        person(None, "Johnson", "Acme"),
        person(None, "Jonhson", "Acme Inc"),
        person(None, "Jonson", "Zeta"),
        person(None, "Smith", "Acme"),
    )
    assert merged(found) == [(1, 2)]
    assert found.merges["reason"][0].startswith("alike to lead 1 by rule alike")


@pytest.mark.parametrize(("at_least", "expected"), [(0.9611, [(1, 2)]), (0.9612, [])], ids=["at it", "above it"])
def test_a_score_on_the_threshold_counts(at_least: float, expected: list[tuple[int, int]]) -> None:
    """Winkler's own example: MARTHA and MARHTA are .9611 alike (Jaro .9444, three letters the same at the front)."""
    raw = {"match": [{"fields": ["company"], "near": [{"field": "lastName", "at_least": at_least}]}]}
    assert merged(decided(raw, person(None, "MARTHA", "x"), person(None, "MARHTA", "x"))) == expected


def test_scores_go_by_characters_and_not_by_bytes() -> None:
    near = {"field": "lastName", "method": "levenshtein", "at_least": 0.8, "diacritics": "keep", "normaliser": "name"}
    raw = {"match": [{"fields": ["company"], "near": [near]}]}
    assert merged(decided(raw, person(None, "Žižek", "x"), person(None, "Žižik", "x"))) == [(1, 2)]


def test_alike_pairs_do_not_depend_on_the_size_of_their_blocks() -> None:
    """Small blocks are scored together and large ones one by one."""
    names = ["Johnson", "Jonson", "Smith", "Smyth", "Schmidt", "Li", "Lee", "Leigh", "Meyer", "Maier", "Mayer", "Olsen"]
    rules = rules_of(ALIKE)
    for count in range(2, len(names) + 1):
        block = pl.DataFrame(
            {"key": [7] * count, "id": range(count), "near_0": [name.lower() for name in names[:count]]},
            schema_overrides={"key": pl.UInt128},
        )
        links = {(a, b) for a, b, _ in near_links(block, rules.match[0].near, 99).rows()}
        whole = {(a, b) for a, b, _ in near_links(block.head(2), rules.match[0].near, 99).rows()}
        assert {link for link in links if max(link) < 2} == whole
        again = pl.concat([block, block.with_columns(key=pl.lit(8, pl.UInt128), id=pl.col("id") + 100)])
        assert near_links(again, rules.match[0].near, 99).height == 2 * len(links)


def test_a_value_that_too_many_share_is_no_key_and_is_listed_once() -> None:
    raw = {"match": [{"name": "board", "fields": [{"field": "phone", "country": "US"}]}], "guards": {"key_cap": 3}}
    four = [{"phone": "212-555-0100"}] * 4
    found = decided(raw, *four, {"phone": "646-555-0100"}, {"phone": "646-555-0100"})
    assert merged(found) == [(5, 6)]
    assert found.quarantine.rows() == [
        (1, None, "key_cap", "4 leads have this key of rule board, more than 3: it says nothing")
    ]


def test_a_block_that_too_many_share_is_not_compared() -> None:
    raw = {**ALIKE, "guards": {"block_cap": 2}}
    found = decided(raw, *[person(None, "Johnson", "Acme")] * 3)
    assert merged(found) == []
    assert stopped(found) == [(1, "block_cap")]


TWO_RULES = {"match": [{"fields": ["email"]}, {"fields": ["lastName"]}, {"fields": ["firstName"]}]}
CHAIN = (
    {"email": "a@x.com"},
    {"email": "a@x.com", "lastName": "Lee"},
    {"lastName": "Lee", "firstName": "Ann"},
)


def test_who_shares_no_key_with_the_first_is_listed_and_left_alone() -> None:
    found = decided(TWO_RULES, *CHAIN)
    assert merged(found) == [(1, 2)]
    assert stopped(found) == [(3, "cohesion")]
    assert "ties it to lead 2" in found.quarantine["reason"][0]


def test_two_rules_hold_who_shares_no_key_with_the_first() -> None:
    second = {"email": "a@x.com", "lastName": "Lee", "firstName": "Ann"}
    assert merged(decided(TWO_RULES, CHAIN[0], second, CHAIN[2])) == [(1, 2), (1, 3)]


def test_two_rules_that_lead_to_other_loose_members_hold_nobody() -> None:
    loose = {"lastName": "Lee", "firstName": "Ann"}
    assert merged(decided(TWO_RULES, *CHAIN[:2], loose, {"firstName": "Ann", "lastName": "Lee"})) == [(1, 2)]


def test_without_cohesion_a_chain_is_one_group() -> None:
    assert merged(decided({**TWO_RULES, "guards": {"cohesion": False}}, *CHAIN)) == [(1, 2), (1, 3)]


def test_a_group_that_is_too_large_is_listed_whole() -> None:
    raw = {**TWO_RULES, "guards": {"cohesion": False, "cluster_cap": 2}}
    found = decided(raw, *CHAIN, {"email": "z@x.com"}, {"email": "z@x.com"})
    assert merged(found) == [(4, 5)]
    assert stopped(found) == [(1, "cluster_cap"), (2, "cluster_cap"), (3, "cluster_cap")]


def test_partitions_are_never_crossed_unless_asked() -> None:
    both = [{"email": "a@x.com", "leadPartitionId": one} for one in ("1", "2", "1", None)]
    assert merged(decided({}, *both)) == [(1, 3)]
    assert merged(decided({"guards": {"across_partitions": True}}, *both)) == [(1, 2), (1, 3), (1, 4)]


@pytest.mark.parametrize(
    ("excluded", "left"),
    [
        ({}, [(1, 2)]),
        ({"role_accounts": False}, [(1, 2), (3, 4)]),
        ({"ids": [1]}, []),
        ({"domains": ["acme.com"]}, []),
        ({"domains": ["cme.com"]}, [(1, 2)]),
        ({"do_not_merge": [{"field": "doNotMerge"}]}, []),
        ({"do_not_merge": [{"field": "title", "values": ["vip"]}]}, []),
    ],
    ids=["roles", "no roles", "an id", "a domain", "another domain", "a flag", "a value"],
)
def test_who_is_excluded_matches_nobody(excluded: dict[str, Any], left: list[tuple[int, int]]) -> None:
    found = decided(
        {"exclusions": excluded},
        {"email": "ann@eu.acme.com", "doNotMerge": "true"},
        {"email": "ann@eu.acme.com", "title": " VIP"},
        {"email": "info@acme.org"},
        {"email": "INFO@acme.org"},
    )
    assert merged(found) == left


def test_no_lead_with_nothing_to_compare_matches() -> None:
    nothing = [{"email": None}, {"email": ""}, {"email": "n/a"}, {"email": "noreply@x.com"}] * 2
    found = decided({}, *nothing)
    assert (merged(found), stopped(found)) == ([], [])


def test_an_empty_list_and_a_list_of_strangers_are_decided() -> None:
    for leads in ([], [{"email": "a@x.com"}], [{"email": "a@x.com"}, {"email": "b@x.com"}]):
        found = decided({}, *leads)
        assert (found.changes.height, found.merges.height, found.quarantine.height) == (0, 0, 0)
    rules = rules_of(ALIKE)
    assert dedupe(rules, *[frame(rules, [])] * 3, slices=2).groups == 0


def test_keys_are_the_same_today_and_tomorrow() -> None:
    """Keys are kept between runs: a change of them would be a change of what is stored."""
    rules = rules_of({"guards": {"across_partitions": True}})
    (keys,) = emit_keys(rules, frame(rules, [{"id": "1", "email": "Ann@x.com"}]))
    assert key_text(keys["key"]).to_list() == ["ca521980e09c2b901019f982c733b699"]


def test_a_lead_that_was_changed_while_the_list_was_read_is_left_to_the_next_run() -> None:
    """It is in two parts; one of its addresses, nobody knows which without the other part, is of the past."""
    rules = rules_of({"outcome": MERGE, "survivor": {"prefer": []}})
    times = [{"updatedAt": f"2026-01-0{n}T00:00:00Z"} for n in (1, 2)]
    first: list[Lead] = [{"id": "1", "email": "a@x.com"}, {"id": "2", "email": "a@x.com", **times[0]}]
    second: list[Lead] = [{"id": "2", "email": "b@x.com", **times[1]}, {"id": "3", "email": "c@x.com"}]
    second += [{"id": "4", "email": "c@x.com"}]
    for parts in ([first, second], [second, first], [first + second]):
        found = dedupe(rules, *(frame(rules, part) for part in parts), slices=2)
        assert merged(found) == [(3, 4)]
        assert stopped(found) == [(1, "changed_meanwhile"), (2, "changed_meanwhile")]
