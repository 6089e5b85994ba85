import io
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from touchline.domain.leads.closure import closure_lookups
from touchline.domain.leads.decisions import decide_slice, together
from touchline.domain.leads.explaining import explain_lead, reason_to_ask
from touchline.domain.leads.groups import find_groups
from touchline.domain.leads.keys import emit_keys
from touchline.domain.leads.links import join_slice
from touchline.domain.leads.packing import decision_files, pack, unpack
from touchline.domain.leads.rows import rows_of_groups

from tests.unit.domain.leads.instance import Lead, dedupe, frame, leads, rule_sets, rules_of


@settings(max_examples=40)
@given(rule_sets(), leads(), st.integers(1, 4))
def test_steps_that_pass_bytes_decide_what_one_function_does(
    raw: dict[str, Any], found: list[Lead], slices: int
) -> None:
    """As functions work that know each other's objects only: every table is written and read in ranges."""
    rules = rules_of(raw)
    parts = [frame(rules, found[n::2]) for n in range(2)]
    keys = [pack(emit_keys(rules, part, slices)) for part in parts]
    joined = [join_slice(rules, [unpack(one.body[slice(*one.range_of(n))]) for one in keys]) for n in range(slices)]
    groups = find_groups(rules, joined)
    rows = [pack(rows_of_groups(rules, part, groups, slices)) for part in parts]
    decided = [decide_slice(rules, [unpack(one.body[slice(*one.range_of(n))]) for one in rows]) for n in range(slices)]
    files = decision_files(together(decided, groups.quarantine))
    whole = dedupe(rules, frame(rules, found))
    assert files == decision_files(whole)
    for name, body in files.items():
        assert_frame_equal(pl.read_parquet(io.BytesIO(body)), getattr(whole, name.split("/")[0]))


@given(rule_sets(), leads())
def test_every_lead_that_was_changed_merged_or_left_alone_is_explained(raw: dict[str, Any], found: list[Lead]) -> None:
    rules = rules_of(raw)
    decision = dedupe(rules, frame(rules, found))
    tables = [table.rows(named=True) for table in (decision.changes, decision.merges, decision.quarantine)]
    concerned = {row[name] for rows in tables for row in rows for name in ("id", "winner", "loser") if name in row}
    for lead in (int(one["id"] or 0) for one in found):
        told = explain_lead(lead, *tables)
        assert all(line.endswith(".") for line in told)
        assert ("was not changed" in told[0]) == (lead not in concerned)


def test_a_merge_is_explained_from_both_ends() -> None:
    rules = rules_of({"outcome": {"kind": "merge"}, "survivor": {"prefer": []}})
    pair: list[Lead] = [{"id": "1", "email": "a@x.com"}, {"id": "2", "email": "A@x.com", "doNotCall": "true"}]
    decision = dedupe(rules, frame(rules, pair))
    tables = [table.rows(named=True) for table in (decision.changes, decision.merges, decision.quarantine)]
    why = "same key as lead 1 by rule email; lead 1 survives: it has the lowest id (key "
    assert explain_lead(2, *tables)[0].startswith(f"Merged into lead 1: {why}")
    merged, changed = explain_lead(1, *tables)
    assert merged.startswith(f"Lead 2 is merged into it: {why}")
    assert changed == (
        'doNotCall changes from nothing to "true": any_true, from lead 2; '
        "lead 1 survives: it has the lowest id (key 2)."
    )


def test_it_asks_above_a_share_of_the_list_and_a_preview_never() -> None:
    rules = rules_of({"ask_above_share": 0.25})
    assert reason_to_ask(rules, 25, 100) is None
    assert reason_to_ask(rules, 0, 0) is None
    assert reason_to_ask(rules, 26, 100) == "26 of 100 leads would change, 26%; the rules ask above 25%."
    assert reason_to_ask(rules_of({"outcome": {"kind": "preview"}}), 100, 100) is None


def test_leads_outside_the_list_are_looked_up_by_the_addresses_inside() -> None:
    rules = rules_of({"scope": {"closure": True}})
    inside: list[Lead] = [
        {"id": str(n), "email": email} for n, email in enumerate(["b@x.com", "A@x.com", "a@x.com ", None, "n/a"])
    ]
    assert closure_lookups(frame(rules, inside)) == ["a@x.com", "b@x.com"]
