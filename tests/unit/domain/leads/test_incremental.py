"""A run over what changed decides what a run over everything would decide, whatever happened in between."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.leads.decisions import Decision, decide_slice, together
from touchline.domain.leads.dedupe import dedupe
from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.groups import Groups, find_groups
from touchline.domain.leads.incremental import (
    IDS,
    LookedAt,
    affected_leads,
    changed_leads,
    each_once,
    gone_leads,
    keys_now,
    left_alone,
    of_the_whole_list,
    opened_leads,
    read_times,
    times_now,
)
from touchline.domain.leads.keys import emit_keys
from touchline.domain.leads.links import join_slice
from touchline.domain.leads.rows import rows_of_groups

from tests.unit.domain.leads.instance import (
    MATCHES,
    Lead,
    a_lead,
    applied,
    frame,
    leads,
    rule_sets,
    rules_of,
)
from tests.unit.domain.leads.test_dedupe_laws import stored

EXACT = sorted(name for name, match in MATCHES.items() if not any("near" in rule for rule in match))


def group_keys(rules: DedupeRules, keys: Sequence[pl.DataFrame]) -> Groups:
    return find_groups(rules, [join_slice(rules, [table]) for table in keys])


def decide(rules: DedupeRules, rows: pl.DataFrame, groups: Groups) -> Decision:
    return together([decide_slice(rules, rows_of_groups(rules, rows, groups))], groups.quarantine)


@dataclass
class State:
    keys: list[pl.DataFrame]
    times: pl.DataFrame
    members: pl.DataFrame
    stopped: pl.DataFrame
    opened: pl.DataFrame


def full(rules: DedupeRules, found: Sequence[Lead], slices: int = 2) -> tuple[Decision, State]:
    table = frame(rules, found)
    keys = emit_keys(rules, table, slices)
    groups = group_keys(rules, keys)
    decision = decide(rules, table, groups)
    times = each_once([read_times(table)])
    return decision, State(keys, times, groups.members, left_alone(decision.quarantine), opened_leads(decision))


@dataclass
class Run:
    """Over `found`, which says who is on the list, and `there`: the leads as they are when they are asked for."""

    rules: DedupeRules
    state: State
    found: Sequence[Lead]
    there: Sequence[Lead]
    asked: list[int] = field(default_factory=list)

    def decide(self) -> tuple[Decision, State]:
        rules, state = self.rules, self.state
        now = each_once([read_times(frame(rules, self.found))])
        gone = gone_leads(now, state.times)
        wanted = changed_leads(now, state.times, state.opened)
        rows = frame(rules, [])
        while True:
            self.asked += wanted["id"].to_list()
            rows = self.read()
            asked = pl.DataFrame({"id": self.asked}, schema=IDS)
            missing = asked.join(rows.select(pl.col("id").cast(pl.Int64)), on="id", how="anti")
            looked_at = LookedAt(asked, pl.concat([gone, missing]))
            read = emit_keys(rules, rows, len(state.keys))
            keys = [keys_now(kept, looked_at, new) for kept, new in zip(state.keys, read, strict=True)]
            groups = group_keys(rules, keys)
            affected = affected_leads(state.members, groups.members, looked_at)
            wanted = affected.join(asked, on="id", how="anti")
            if wanted.is_empty():
                break
        decision = decide(rules, rows, groups)
        whole = of_the_whole_list(decision, groups.members, state.stopped, looked_at)
        times = times_now(now, state.times, looked_at, [read_times(rows)])
        kept = State(keys, times, groups.members, left_alone(whole.quarantine), opened_leads(whole))
        return whole, kept

    def read(self) -> pl.DataFrame:
        ids = {str(one) for one in self.asked}
        return frame(self.rules, [lead for lead in self.there if lead["id"] in ids])


@dataclass
class Marketo:
    """A list whose leads change, by others and by us. Whatever changes a lead sets its `updatedAt`."""

    found: list[Lead]
    random: Random
    ticks: int = 0

    def touch(self, lead: Lead, **values: str | None) -> None:
        self.ticks += 1
        lead.update(values, updatedAt=f"2026-03-01T{self.ticks // 60:02}:{self.ticks % 60:02}:00Z")

    def by_id(self, lead: int) -> Lead | None:
        return next((one for one in self.found if one["id"] == str(lead)), None)

    def write(self, decision: Decision) -> None:
        """Some are refused, and some groups are not merged."""
        refused = {lead for lead in decision.changes["id"].unique() if self.random.random() < 0.3}
        changes = decision.changes.filter(~pl.col("id").is_in(list(refused)))
        self.found = applied(self.found, changes)
        for lead in changes["id"].unique().sort():
            self.touch(self.by_id(lead) or {})
        for (_group,), merges in decision.merges.group_by("group", maintain_order=True):
            if self.random.random() < 0.7:
                losers = {str(one) for one in merges["loser"]}
                self.found = [one for one in self.found if one["id"] not in losers]
                self.touch(self.by_id(merges["winner"][0]) or {})

    def live(self, others: Sequence[Lead]) -> None:
        """Leads are changed, go, come, and come back."""
        for lead in self.random.sample(self.found, min(len(self.found), self.random.randint(0, 3))):
            what = self.random.choice(others) if others else lead
            names = self.random.sample(sorted(set(what) - {"id", "updatedAt"}), 3)
            self.touch(lead, **{name: what[name] for name in names})
        for lead in self.random.sample(self.found, min(len(self.found), self.random.randint(0, 2))):
            self.found.remove(lead)
        ids = {lead["id"] for lead in self.found}
        for lead in self.random.sample(list(others), min(len(others), self.random.randint(0, 4))):
            if lead["id"] not in ids:
                self.found.append(dict(lead))


@settings(max_examples=30, deadline=None)
@given(
    rule_sets(matches=EXACT),
    leads(least=(0, 12, 20), most=30),
    st.lists(a_lead, max_size=6),
    st.randoms(use_true_random=False),
    st.integers(1, 3),
)
def test_it_decides_what_a_full_run_decides(
    raw: dict[str, Any], found: list[Lead], more: list[Lead], random: Random, slices: int
) -> None:
    rules = rules_of(raw)
    marketo = Marketo(found, random)
    others = [dict(lead) for lead in found] + [{"id": str(100 + n)} | lead for n, lead in enumerate(more)]
    decision, state = full(rules, marketo.found, slices)
    for _ in range(4):
        if random.random() < 0.5:
            marketo.write(decision)
        marketo.live(others)
        wanted = dedupe(rules, frame(rules, marketo.found))
        decision, state = Run(rules, state, marketo.found, marketo.found).decide()
        assert stored(decision) == stored(wanted)
        assert (decision.groups, decision.duplicates) == (wanted.groups, wanted.duplicates)
