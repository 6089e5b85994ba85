"""What holds for every list and every set of rules."""

import io
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from touchline.domain.leads.decisions import Decision
from touchline.domain.leads.dedupe import dedupe_parts
from touchline.domain.leads.dedupe_rules import CONSENT_FIELDS, DedupeRules
from touchline.domain.leads.extract import ExtractPart
from touchline.domain.leads.keys import emit_keys, key_fields
from touchline.domain.leads.normalisers import LeadValues
from touchline.domain.leads.rows import Part
from touchline.domain.leads.rules import needed_fields

from tests.unit.domain.leads.csv_texts import cell
from tests.unit.domain.leads.instance import Lead, applied, dedupe, frame, leads, rule_sets, rules_of

TABLES = ("changes", "merges", "quarantine")


def stored(decision: Decision) -> list[bytes]:
    """As the tables are kept."""
    files = []
    for name in TABLES:
        file = io.BytesIO()
        getattr(decision, name).write_parquet(file)
        files.append(file.getvalue())
    return files


@settings(max_examples=60)
@given(rule_sets(), leads(), st.integers(1, 4), st.integers(1, 5), st.randoms(use_true_random=False))
def test_parts_slices_and_the_order_of_rows_change_no_byte(
    raw: dict[str, Any], found: list[Lead], parts: int, slices: int, random: Random
) -> None:
    rules = rules_of(raw)
    whole = dedupe(rules, frame(rules, found))
    random.shuffle(found)
    cut = [frame(rules, found[n::parts]) for n in range(parts)]
    assert stored(dedupe(rules, *cut, slices=slices)) == stored(whole)


@settings(max_examples=60)
@given(rule_sets(), leads(), st.integers(1, 3), st.integers(1, 3))
def test_an_extract_that_is_read_in_two_goes_is_decided_as_its_leads_are(
    raw: dict[str, Any], found: list[Lead], parts: int, slices: int
) -> None:
    rules = rules_of(raw)
    extract: list[Part] = [ExtractPart(partial(exported, rules, found[n::parts])) for n in range(parts)]
    # Read anew, an empty text is none.
    leads = [lead | {"email": lead["email"] or None} for lead in found]
    decision, count = dedupe_parts(rules, extract, slices)
    assert stored(decision) == stored(dedupe(rules, frame(rules, leads)))
    assert count == len(found)


def exported(rules: DedupeRules, found: list[Lead]) -> bytes:
    columns = needed_fields(rules)
    rows = [[("null" if (text := lead.get(name)) is None else cell(text)) for name in columns] for lead in found]
    return "".join(",".join(row) + "\n" for row in [columns, *rows]).encode()


@given(rule_sets(), leads())
def test_keys_are_made_of_the_fields_that_are_named(raw: dict[str, Any], found: list[Lead]) -> None:
    rules = rules_of(raw)
    whole = frame(rules, found)
    (all_columns,), (few_columns,) = emit_keys(rules, whole), emit_keys(rules, whole.select(key_fields(rules)))
    assert_frame_equal(all_columns, few_columns)
    assert set(key_fields(rules)) <= set(needed_fields(rules))


@given(rule_sets({"kind": "mark"}, {"kind": "mark", "survivor_values": True}), leads())
def test_a_second_run_over_what_the_first_wrote_changes_nothing(raw: dict[str, Any], found: list[Lead]) -> None:
    rules = rules_of(raw)
    first = dedupe(rules, frame(rules, found))
    written = applied(found, first.changes)
    touched = {str(one) for one in first.changes["id"]}
    for lead in written:
        if lead["id"] in touched:
            # Marketo says when a lead was changed, by us as well, and imports change one after the other.
            lead["updatedAt"] = f"2026-11-22T00:{int(lead['id'] or 0) * 37 % 60:02}:00Z"
    second = dedupe(rules, frame(rules, written))
    assert second.changes.rows() == []
    assert_frame_equal(second.quarantine, first.quarantine)


@given(rule_sets(), leads())
def test_every_change_says_what_differs_and_why(raw: dict[str, Any], found: list[Lead]) -> None:
    rules = rules_of(raw)
    decision = dedupe(rules, frame(rules, found))
    by_id = {lead["id"]: lead for lead in found}
    for row in decision.changes.iter_rows(named=True):
        assert by_id[str(row["id"])].get(row["field"]) == row["before"] != row["after"]
        assert row["reason"]
    addresses = {lead["email"] for lead in found if lead["email"] and "@" in lead["email"]}
    told = decision.changes.select("rule", "key", "reason").rows() + decision.merges.select("key", "reason").rows()
    assert not [text for row in told for text in row if any(address.lower() in text for address in addresses)]


@given(rule_sets({"kind": "merge"}), leads())
def test_who_objected_once_is_not_written_to_again(raw: dict[str, Any], found: list[Lead]) -> None:
    rules = rules_of(raw)
    decision = dedupe(rules, frame(rules, found))
    written = {lead["id"]: lead for lead in applied(found, decision.changes)}
    before = {lead["id"]: lead for lead in found}
    for winner, loser in decision.merges.select("winner", "loser").rows():
        for flag in set(CONSENT_FIELDS) & set(rules.types):
            if "true" in (before[str(loser)].get(flag), before[str(winner)].get(flag)):
                assert written[str(winner)].get(flag) == "true"


def groups_of(decision: Decision) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for winner, loser in decision.merges.select("winner", "loser").rows():
        found.setdefault(winner, [winner]).append(loser)
    return found


@given(rule_sets({"kind": "merge"}), leads())
def test_guards_hold(raw: dict[str, Any], found: list[Lead]) -> None:
    rules = rules_of(raw)
    decision = dedupe(rules, frame(rules, found))
    by_id = {int(lead["id"] or 0): lead for lead in found}
    groups = groups_of(decision)
    everybody = [one for group in groups.values() for one in group]
    assert len(everybody) == len(set(everybody))
    for group in groups.values():
        assert 2 <= len(group) <= rules.guards.cluster_cap
        members = [by_id[one] for one in group]
        contacts = [lead for lead in members if lead["sfdcType"] == "Contact" or lead["sfdcContactId"]]
        assert len(contacts) <= 1
        assert not contacts or contacts[0] is members[0]
        assert all(lead["isPersonAccount"] != "true" for lead in members)
        if not raw["guards"]["across_partitions"]:
            assert len({lead["leadPartitionId"] for lead in members}) == 1
        if raw["exclusions"]["role_accounts"]:
            assert all(lead["email"] != "info@x.com" for lead in members)


@given(rule_sets({"kind": "merge"}), leads())
def test_who_is_merged_shares_the_key_that_is_named_with_the_lead_that_is_named(
    raw: dict[str, Any], found: list[Lead]
) -> None:
    rules = rules_of(raw)
    table = frame(rules, found)
    decision = dedupe(rules, table)
    values, ids = LeadValues(table), table["id"].cast(pl.Int64).to_list()
    named = {rule.name: rule for rule in rules.match}
    for row in decision.merges.iter_rows(named=True):
        other = int(row["reason"].split(" lead ")[1].split()[0])
        for part in named[row["rule"]].fields:
            compared = values.of(part)
            assert compared[ids.index(row["loser"])] == compared[ids.index(other)] is not None


@given(rule_sets(), leads(), st.data())
def test_a_lead_that_the_list_has_twice_counts_once(
    raw: dict[str, Any], found: list[Lead], data: st.DataObject
) -> None:
    rules = rules_of(raw)
    if not found:
        return
    again = dict(data.draw(st.sampled_from(found)))
    once = dedupe(rules, frame(rules, found))
    assert stored(dedupe(rules, frame(rules, [*found, again]))) == stored(once)


@settings(max_examples=20)
@given(rule_sets({"kind": "merge"}), leads(most=30))
def test_losers_are_in_order_and_every_group_is_written_once(raw: dict[str, Any], found: list[Lead]) -> None:
    rules = rules_of(raw)
    decision = dedupe(rules, frame(rules, found))
    rows: Sequence[tuple[int, int]] = decision.merges.select("group", "position").rows()
    for (group, position), (after, following) in pairwise(rows):
        assert following == (position + 1 if after == group else 1)
    assert decision.duplicates == len(rows)
    assert decision.groups == len({group for group, _ in rows})
