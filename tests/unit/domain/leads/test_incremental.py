"""A run over what changed decides what a run over everything would decide, whatever happened in between."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from random import Random
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.leads.decisions import Decision, decide_slice, together
from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.groups import Groups, find_groups
from touchline.domain.leads.incremental import (
    ENGINE,
    IDS,
    LookedAt,
    affected_leads,
    changed_leads,
    each_once,
    fingerprint,
    gone_leads,
    keys_now,
    left_alone,
    of_the_whole_list,
    opened_leads,
    read_times,
    times_now,
)
from touchline.domain.leads.keys import emit_keys, key_text
from touchline.domain.leads.links import join_slice
from touchline.domain.leads.rows import rows_of_groups
from touchline.domain.leads.rules import parse_dedupe_rules

from tests.unit.domain.leads.instance import (
    MATCHES,
    WITH_MARKS,
    Lead,
    a_lead,
    applied,
    dedupe,
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
    rounds: int = 0  # of asking whom the others brought in

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
            looked_at = LookedAt(asked, gone)
            read = emit_keys(rules, rows, len(state.keys))
            keys = [keys_now(kept, looked_at, new) for kept, new in zip(state.keys, read, strict=True)]
            groups = group_keys(rules, keys)
            affected = affected_leads(state.members, groups.members, looked_at)
            wanted = affected.join(asked, on="id", how="anti")
            if wanted.is_empty():
                break
            self.rounds += 1
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
        run = Run(rules, state, marketo.found, marketo.found)
        decision, state = run.decide()
        assert run.rounds <= 1  # nobody was changed while it was read
        assert stored(decision) == stored(wanted)
        assert (decision.groups, decision.duplicates) == (wanted.groups, wanted.duplicates)


def test_a_time_is_relied_on_where_nothing_can_come_after_it() -> None:
    rows = [("1", "2026-01-01T00:00:00Z"), ("2", "2026-01-01T01:00:00+01:00"), ("3", "soon"), ("4", None)]
    table = pl.DataFrame([*rows, ("5", "2026-01-01T00:00:01Z")], ["id", "updatedAt"], orient="row")
    second = 1_767_225_600_000_000
    assert read_times(table, second // 1000 + 1000).rows() == [
        (1, second),
        (2, second),
        (3, None),
        (4, None),
        (5, None),
    ]
    assert read_times(table)["at"].to_list()[-1] == second + 1_000_000


def test_who_is_on_the_list_twice_may_have_been_changed_in_between() -> None:
    one, other = pl.DataFrame({"id": [2, 1], "at": [5, 5]}), pl.DataFrame({"id": [2, 3], "at": [5, 6]})
    assert each_once([one, other]).rows() == [(1, 5), (2, None), (3, 6)]
    assert each_once([]).rows() == []


def test_a_state_is_of_use_to_the_same_rules_and_types_alone() -> None:
    raw: dict[str, Any] = {"scope": {"incremental": True}, "outcome": {"kind": "mark"}}
    same = [
        raw,
        raw | {"scope": {"incremental": True, "full_every_days": 3}},
        raw | {"ask_above_share": 0.9},
    ]
    assert len({fingerprint(rules_of(one)) for one in same}) == 1
    others = [
        *same[:1],
        raw | {"guards": {"key_cap": 24}},
        raw | {"exclusions": {"ids": [7]}},
        raw | {"survivor": {"prefer": ["oldest"]}},
        raw | {"match": MATCHES["mailbox or person"]},
        raw | {"outcome": {"kind": "merge"}},
    ]
    assert len({fingerprint(rules_of(one)) for one in others}) == len(others)
    types = [replace(one, data_type="string") if one.name == "leadScore" else one for one in WITH_MARKS]
    by_score = {"survivor": {"prefer": [{"prefer": "value", "field": "leadScore", "values": ["5"]}]}}
    assert fingerprint(rules_of(by_score)) != fingerprint(parse_dedupe_rules(by_score, types))
    assert fingerprint(rules_of(raw), ["static", 1]) != fingerprint(rules_of(raw), ["static", 2])


SAID = {
    "email": ("Ann.Lee+x@Gmail.com", "ann@bücher.de", "info@x.com", "n/a", "ANN@X.COM\u200b", None),
    "firstName": ("Bob", "Zoë", "Ｊｏｅ", "李", "de  la", "null"),
    "lastName": ("O'Neill", "Müller-Lee", "LEE", "ß", "ابن", "-"),
    "company": ("Acme, Inc.", "ACME", "Zeta GmbH & Co. KG", "3M", "The Firm", ""),
    "phone": ("(212) 555-0100", "+49 30 901820", "0033142685300", "555", "212-555-0100 x7", "000-000-0000"),
    "website": ("https://www.x.com/a", "X.com", "bücher.de", "localhost", "n/a", None),
}


def test_keys_are_those_that_states_were_made_with() -> None:
    """Where this fails, the engine makes other keys of the same leads: raise `ENGINE`, so that no state is gone on from
    that was made with the earlier ones, and then change the digest."""
    match = [
        {"fields": [{"field": name, "normaliser": normaliser} | ({"country": "US"} if normaliser == "phone" else {})]}
        for name, normalisers in {
            "email": ("email", "canonical_email", "domain", "exact"),
            "firstName": ("name", "given_name"),
            "lastName": ("name", "exact"),
            "company": ("company",),
            "phone": ("phone",),
            "website": ("domain",),
        }.items()
        for normaliser in normalisers
    ]
    rules = rules_of({"match": match, "exclusions": {"role_accounts": True}})
    found: list[Lead] = [{"id": str(n)} | {name: SAID[name][n] for name in SAID} for n in range(6)]
    (keys,) = emit_keys(rules, frame(rules, found))
    told = keys.sort("rule", "id", "key").select("rule", "id", key_text(keys.sort("rule", "id", "key")["key"]))
    assert (ENGINE, sha256(repr(told.rows()).encode()).hexdigest()[:16]) == (1, "9b8c783eee1bc5aa")
