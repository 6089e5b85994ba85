"""Deduplication from end to end, with the same steps whether a list is one part or many.

emit_keys (each part) → join_slice (each slice) → find_groups (once) → rows_of_groups (each part) → decide_slice (each
slice) → together. A decision depends on the leads only: not on parts, slices, or the order of rows.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import polars as pl

from touchline.domain.leads.decisions import Decision, decide_slice, together
from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.groups import find_groups
from touchline.domain.leads.keys import emit_keys
from touchline.domain.leads.links import join_slice
from touchline.domain.leads.rows import rows_of_groups

DECIDED_AT_ONCE: Final = 1 << 17  # members of groups: each is held several times while it is decided on


def dedupe(rules: DedupeRules, leads: pl.DataFrame) -> Decision:
    """`leads`: columns of text, those that `needed_fields` names."""
    parts = [leads]
    del leads
    return dedupe_parts(rules, parts)


def dedupe_parts(rules: DedupeRules, parts: list[pl.DataFrame], slices: int = 1) -> Decision:
    """`parts` is empty afterwards: most leads are in no group, and need no memory while the others are decided on."""
    # All together where they need not be cut: threads have more to share, and a value is cleaned once.
    keys = [emit_keys(rules, share, slices) for share in ([pl.concat(parts)] if slices == 1 and parts else parts)]
    joined = [join_slice(rules, [part[number] for part in keys]) for number in range(slices)]
    del keys
    groups = find_groups(rules, joined)
    deciding = max(slices, groups.members.height // DECIDED_AT_ONCE + 1)
    with ThreadPoolExecutor(pl.thread_pool_size()) as workers:
        cut = partial(rows_of_groups, rules, groups=groups, slices=deciding)
        rows = list(workers.map(lambda _: cut(parts.pop()), range(len(parts))))
        decisions = list(workers.map(partial(decide_slice, rules), zip(*rows, strict=True)))
    del rows
    return together(decisions, groups.quarantine)
