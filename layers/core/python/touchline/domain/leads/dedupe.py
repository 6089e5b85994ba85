"""Deduplication from end to end, with the same steps whether a list is one part or many.

emit_keys (each part) → join_slice (each slice) → find_groups (once) → read_rows_of_groups (each part) → decide_slice
(each slice) → together. A decision depends on the leads only: not on parts, slices, or the order of rows.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import polars as pl

from touchline.domain.leads.decisions import Decision, decide_slice, together
from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.groups import find_groups
from touchline.domain.leads.keys import emit_keys, key_fields
from touchline.domain.leads.links import join_slice
from touchline.domain.leads.rows import Part, bearing_marks, read_keyed, read_rows_of_groups

DECIDED_AT_ONCE: Final = 1 << 17  # members of groups: each is held several times while it is decided on
KEYED_AT_ONCE: Final = 1 << 21  # leads: more of them need more memory, and are no faster
READ_AT_ONCE: Final = 3  # parts: while some are on their way others are read


def dedupe_parts(
    rules: DedupeRules, parts: list[Part], slices: int = 1, keyed_at_once: int = KEYED_AT_ONCE
) -> tuple[Decision, int]:
    """The decision, and how many leads there are. `parts` is empty afterwards: what was read of a part is needed no
    more while groups are decided on."""
    with ThreadPoolExecutor(READ_AT_ONCE) as workers:
        read = list(workers.map(partial(_read, rules), parts))
    bearing, keyed = [marked for marked, _ in read], [leads for _, leads in read]
    del read
    keys = [emit_keys(rules, leads, slices) for leads in _together(keyed, keyed_at_once)]
    with ThreadPoolExecutor(1) as beside:  # neither step has work for all processors from end to end
        located = beside.map(lambda part: part.locate(), parts)
        joined = [join_slice(rules, [part[number] for part in keys]) for number in range(slices)]
        del keys
        groups = find_groups(rules, joined)
    list(located)
    deciding = max(slices, groups.members.height // DECIDED_AT_ONCE + 1)
    cut = partial(read_rows_of_groups, rules, groups=groups, slices=deciding)
    left = [(parts.pop(), marked) for marked in reversed(bearing)]
    with ThreadPoolExecutor(pl.thread_pool_size()) as workers:
        rows = list(workers.map(lambda _: cut(*left.pop()), bearing))
        decisions = list(workers.map(partial(decide_slice, rules), zip(*rows, strict=True)))
    del rows
    return together(decisions, groups.quarantine), sum(one.height for one in bearing)


def _read(rules: DedupeRules, part: Part) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Who bears marks, and what keys are made of: the marks themselves need no memory any longer."""
    leads = read_keyed(rules, part)
    return bearing_marks(rules, leads), leads.select(key_fields(rules))


def _together(keyed: list[pl.DataFrame], at_once: int) -> Iterator[pl.DataFrame]:
    """Parts as one, up to so many leads: threads have more to share, and a value is cleaned once. `keyed` is empty
    afterwards."""
    while keyed:
        leads = keyed.pop()
        while keyed and leads.height + keyed[-1].height <= at_once:
            leads = pl.concat([leads, keyed.pop()])
        yield leads
