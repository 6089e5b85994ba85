"""Duplicates found and decided on: at once where the list is small, else in phases of many at once, with one result.

keys of each part → links of each slice of keys → groups → rows of each part → decisions of each slice of groups. What a
phase makes lies in files named by what it was made of; whoever comes after a crash makes what is missing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from touchline.domain.leads.decisions import Decision, decide_slice, together
from touchline.domain.leads.dedupe import dedupe_parts
from touchline.domain.leads.extract import ExtractPart
from touchline.domain.leads.groups import find_groups
from touchline.domain.leads.keys import emit_keys
from touchline.domain.leads.links import join_slice
from touchline.domain.leads.rows import Part, bearing_marks, read_keyed, read_rows_of_groups
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Again, Spread, Step
from touchline.errors import NotFound
from touchline.services.marketo.closure import close_over
from touchline.services.marketo.dedupe_tables import (
    STOPPED,
    TABLES,
    finished,
    keep_groups,
    keep_joined,
    kept_groups,
    kept_joined,
)
from touchline.services.marketo.execution_json import names_of, read_json, write_json
from touchline.services.marketo.execution_tables import read_table, write_table
from touchline.services.marketo.incremental import deduplicate_changes
from touchline.services.marketo.incremental_choice import TIMED, choice_of
from touchline.services.marketo.incremental_keeping import keep_decided, keep_keys, keep_times, keeping
from touchline.services.marketo.part_files import extract_bytes, part_numbers, read_stored
from touchline.services.marketo.rules_of import dedupe_rules_of
from touchline.services.marketo.work import Work

BYTES_A_SLICE: Final = 100_000_000  # of the extract
MOST_SLICES: Final = 64
SLICES: Final = "keys/slices.json"


def deduplicate(work: Work, execution: Execution) -> Step:
    if dedupe_rules_of(work, execution).closure and (step := close_over(work, execution)) is not None:
        return step
    choice = choice_of(execution)
    if choice is not None and choice.base is not None:
        return deduplicate_changes(work, execution, choice, choice.base)
    # What the next run goes on from is made of what phases leave behind.
    if not _is_large(work, execution) and keeping(execution) is None:
        parts: list[Part] = [_part(work, execution, number) for number in part_numbers(work, execution)]
        return finished(work, execution, *dedupe_parts(dedupe_rules_of(work, execution), parts))
    return _in_phases(work, execution)


def _part(work: Work, execution: Execution, number: int) -> ExtractPart:
    return ExtractPart(partial(read_stored, work, execution, number))


def _in_phases(work: Work, execution: Execution) -> Step:
    parts, slices = part_numbers(work, execution), slices_of(work, execution)
    for phase, numbers, mark in (("keys", parts, "keys/done"), ("links", range(slices), "edges/done")):
        if left := _left(work, execution, mark, numbers):
            return _spread(work, execution, phase, left)
    if work.files.size(execution.tenant, execution.id, STOPPED) is None:
        _group(work, execution, slices)
        return Again({"phase": "groups"})
    for phase, numbers, mark in (("rows", parts, "rows/done"), ("decisions", range(slices), "rows/decided")):
        if left := _left(work, execution, mark, numbers):
            return _spread(work, execution, phase, left)
    stopped = read_table(work, execution, STOPPED)
    decision = together([_decision(work, execution, number) for number in range(slices)], stopped)
    leads = sum(read_json(work, execution, f"keys/done-{number:05}.json")["leads"] for number in parts)
    done = finished(work, execution, decision, leads)
    if keeping(execution) is None:
        return done
    return replace(done, checkpoint={**done.checkpoint, **keep_decided(work, execution, decision, slices)})


def _spread(work: Work, execution: Execution, phase: str, numbers: Sequence[int]) -> Step:
    """By many at once, or, where the list is small, one by one."""
    if not _is_large(work, execution):
        PHASES[phase](work, execution, numbers[0])
        return Again({"phase": phase})
    return Spread({"phase": phase}, [{"item": {"phase": phase, "number": number}} for number in numbers])


def _left(work: Work, execution: Execution, mark: str, numbers: Sequence[int]) -> list[int]:
    done = {int(name[-10:-5]) for name in names_of(work, execution, f"{mark}-")}
    return [number for number in numbers if number not in done]


def slices_of(work: Work, execution: Execution) -> int:
    """As many in every phase, also where this code is changed between two of them."""
    try:
        return int(read_json(work, execution, SLICES)["slices"])
    except NotFound:
        slices = slices_for(extract_bytes(execution))
        write_json(work, execution, SLICES, {"slices": slices})
        return slices


def slices_for(extracted: int) -> int:
    """`extracted`: bytes."""
    return max(2, min(MOST_SLICES, -(-extracted // BYTES_A_SLICE)))


def emit_in(work: Work, execution: Execution, part: int) -> None:
    rules, choice = dedupe_rules_of(work, execution), keeping(execution)
    leads = read_keyed(rules, _part(work, execution, part), TIMED if choice else ())
    if choice is not None:
        keep_times(work, execution, choice, part, leads)
    write_table(work, execution, _bearing(part), bearing_marks(rules, leads))
    tables = emit_keys(rules, leads, slices_of(work, execution))
    for number, table in enumerate(tables):
        write_table(work, execution, f"keys/slice-{number:05}/part-{part:05}.parquet", table)
    write_json(work, execution, f"keys/done-{part:05}.json", {"leads": leads.height})


def _bearing(part: int) -> str:
    return f"keys/marks-{part:05}.parquet"


def join_in(work: Work, execution: Execution, number: int) -> None:
    names = names_of(work, execution, f"keys/slice-{number:05}/")
    keys = [read_table(work, execution, name) for name in names]
    if keeping(execution) is not None:
        keep_keys(work, execution, number, keys)
    joined = join_slice(dedupe_rules_of(work, execution), keys)
    keep_joined(work, execution, number, joined)
    write_json(work, execution, f"edges/done-{number:05}.json", {"links": joined.links.height})


def _group(work: Work, execution: Execution, slices: int) -> None:
    joined = [kept_joined(work, execution, number) for number in range(slices)]
    keep_groups(work, execution, find_groups(dedupe_rules_of(work, execution), joined))


def gather_in(work: Work, execution: Execution, part: int) -> None:
    rules, groups, slices = dedupe_rules_of(work, execution), kept_groups(work, execution), slices_of(work, execution)
    bearing = read_table(work, execution, _bearing(part))
    tables = read_rows_of_groups(rules, _part(work, execution, part), bearing, groups, slices)
    for number, table in enumerate(tables):
        write_table(work, execution, f"rows/slice-{number:05}/part-{part:05}.parquet", table)
    write_json(work, execution, f"rows/done-{part:05}.json", {})


def decide_in(work: Work, execution: Execution, number: int) -> None:
    names = names_of(work, execution, f"rows/slice-{number:05}/")
    decision = decide_slice(dedupe_rules_of(work, execution), [read_table(work, execution, name) for name in names])
    for kind in TABLES:
        write_table(work, execution, f"rows/{kind}-{number:05}.parquet", getattr(decision, kind))
    counts = {"groups": decision.groups, "duplicates": decision.duplicates}
    write_json(work, execution, f"rows/decided-{number:05}.json", counts)


def _decision(work: Work, execution: Execution, number: int) -> Decision:
    changes, merges, quarantine = (read_table(work, execution, f"rows/{kind}-{number:05}.parquet") for kind in TABLES)
    counts = read_json(work, execution, f"rows/decided-{number:05}.json")
    return Decision(changes, merges, quarantine, groups=counts["groups"], duplicates=counts["duplicates"])


def _is_large(work: Work, execution: Execution) -> bool:
    return extract_bytes(execution) > work.sizes.work_at_once


PHASES: Final[Mapping[str, Callable[[Work, Execution, int], None]]] = {
    "keys": emit_in,
    "links": join_in,
    "rows": gather_in,
    "decisions": decide_in,
}
