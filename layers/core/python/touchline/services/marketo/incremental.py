"""Duplicates where only leads that changed are read: compared, read, grouped with all others, decided on.

The extract says who is on the list, and when each was changed last. Those that changed are read by id, as more parts.
Their keys take the place of the earlier ones, and groups are found anew from all keys. Whoever is in a group that is
touched is read as well, and so on until nobody is left to read. A step that is made twice makes the same files.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import polars as pl

from touchline.domain.leads.decisions import decide_slice, together
from touchline.domain.leads.extract import read_part
from touchline.domain.leads.groups import find_groups
from touchline.domain.leads.incremental import (
    LookedAt,
    affected_leads,
    changed_leads,
    each_once,
    gone_leads,
    keys_now,
    of_the_whole_list,
    read_times,
    times_now,
)
from touchline.domain.leads.keys import emit_keys
from touchline.domain.leads.links import join_slice
from touchline.domain.leads.rows import rows_of_groups
from touchline.domain.leads.rules import needed_fields
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.incremental_runs import MOST_READ_BY_ID
from touchline.domain.marketo.limits import BATCH
from touchline.domain.marketo.plan_amounts import READ_BY_ID
from touchline.domain.marketo.steps import Again, Done, News, Step
from touchline.services.marketo import incremental_state as state
from touchline.services.marketo.dedupe_tables import finished, keep_groups, keep_joined, kept_groups, kept_joined
from touchline.services.marketo.execution_tables import read_table, write_table
from touchline.services.marketo.incremental_choice import TIMED, Choice, full_after_all
from touchline.services.marketo.incremental_keeping import keep_decided, keep_keys
from touchline.services.marketo.part_files import part_numbers, read_stored, rows_as_csv, store_part
from touchline.services.marketo.rules_of import dedupe_rules_of
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of

AT_ONCE: Final = 10 * BATCH  # leads, in ten calls
LISTED: Final = "rows/listed.parquet"
WANTED: Final = "rows/wanted-"  # who is to be read, round by round
GONE: Final = "rows/gone.parquet"
READ_KEYS: Final = "keys/read-"

type Checkpoint = Mapping[str, Any]


def deduplicate_changes(work: Work, execution: Execution, choice: Choice, base: state.Kept) -> Step:
    try:
        return _Changes(work, execution, choice, base).step(checkpoint_of(execution, "work"))
    except state.StateGone:
        return full_after_all(work, execution, "state_is_gone")


class _Changes:
    """One step of an execution. `base`: the state that it goes on from."""

    def __init__(self, work: Work, execution: Execution, choice: Choice, base: state.Kept) -> None:
        self.work = work
        self.execution = execution
        self.choice = choice
        self.base = base
        self.rules = dedupe_rules_of(work, execution)
        self.own = int(checkpoint_of(execution, "download")["parts"])  # of the extract; what is read by id comes after

    def step(self, checkpoint: Checkpoint) -> Step:
        match checkpoint.get("phase"):
            case None:
                return self._compare()
            case "reading":
                return self._read(checkpoint)
            case "linking":
                return self._link(checkpoint)
            case "grouping":
                return self._group(checkpoint)
            case _:
                return self._decide(checkpoint)

    def _compare(self) -> Step:
        parts = (read_stored(self.work, self.execution, number) for number in range(self.own))
        listed = each_once([read_times(read_part(part, TIMED)) for part in parts])
        kept = self._kept(state.TIMES)
        changed, gone = changed_leads(listed, kept, self._kept(state.OPENED)), gone_leads(listed, kept)
        self._put(LISTED, listed)
        self._put(GONE, gone)
        facts = {"leads": listed.height, "changed": changed.height, "gone": gone.height}
        self._log("compared the list with the run before", **facts)
        return self._want({"turn": -1, "parts": 0, "total": 0}, changed, leads=listed.height)

    def _want(self, checkpoint: Checkpoint, wanted: pl.DataFrame, leads: int | None = None) -> Step:
        turn, total = checkpoint["turn"] + 1, checkpoint["total"] + wanted.height
        if total > MOST_READ_BY_ID:
            return full_after_all(self.work, self.execution, "much_has_changed")
        self._put(f"{WANTED}{turn:05}.parquet", wanted)
        after = {"phase": "reading", "turn": turn, "read": 0, "parts": checkpoint["parts"], "total": total}
        return Again(after, News(done=total - wanted.height, of=total, leads=leads))

    def _read(self, checkpoint: Checkpoint) -> Step:
        """Some thousand leads further."""
        wanted, read = self._get(f"{WANTED}{checkpoint['turn']:05}.parquet"), checkpoint["read"]
        if read >= wanted.height:
            return self._all_read(checkpoint, wanted)
        header = needed_fields(self.rules)
        some = [str(lead) for lead in wanted["id"].slice(read, AT_ONCE)]
        rows = marketo_of(self.work, self.execution).leads("id", some, header)
        store_part(self.work, self.execution, self.own + checkpoint["parts"], rows_as_csv(header, rows))
        self._log("read leads by id", leads=len(some), found=len(rows))
        after = {**checkpoint, "read": read + len(some), "parts": checkpoint["parts"] + 1}
        done = checkpoint["total"] - wanted.height + after["read"]
        return Again(after, News(done=done, of=checkpoint["total"]))

    def _all_read(self, checkpoint: Checkpoint, wanted: pl.DataFrame) -> Step:
        """Groups stay as they were found where those that they brought in are as the extract told."""
        rows = self._rows()
        same = read_times(rows).join(self._get(LISTED), on=["id", "at"], how="semi")
        if checkpoint["turn"] and wanted.join(same, on="id", how="anti").is_empty():
            return Again({**checkpoint, "phase": "deciding"})
        for number, keys in enumerate(emit_keys(self.rules, rows, self.base.slices)):
            self._put(f"{READ_KEYS}{number:05}.parquet", keys)
        return Again({**checkpoint, "phase": "linking", "slice": 0})

    def _link(self, checkpoint: Checkpoint) -> Step:
        """One slice of keys further."""
        number = checkpoint["slice"]
        if number == self.base.slices:
            return Again({**checkpoint, "phase": "grouping"})
        read = self._get(f"{READ_KEYS}{number:05}.parquet")
        keys = keys_now(self._kept(state.keys_of(number)), self._looked_at(checkpoint), read)
        keep_keys(self.work, self.execution, number, [keys])
        keep_joined(self.work, self.execution, number, join_slice(self.rules, [keys]))
        return Again({**checkpoint, "slice": number + 1})

    def _group(self, checkpoint: Checkpoint) -> Step:
        joined = [kept_joined(self.work, self.execution, number) for number in range(self.base.slices)]
        groups, looked_at = find_groups(self.rules, joined), self._looked_at(checkpoint)
        keep_groups(self.work, self.execution, groups)
        affected = affected_leads(self._kept(state.MEMBERS), groups.members, looked_at)
        wanted = affected.join(looked_at.asked, on="id", how="anti")
        return Again({**checkpoint, "phase": "deciding"}) if wanted.is_empty() else self._want(checkpoint, wanted)

    def _decide(self, checkpoint: Checkpoint) -> Step:
        rows, groups, looked_at = self._rows(), kept_groups(self.work, self.execution), self._looked_at(checkpoint)
        decided = together([decide_slice(self.rules, rows_of_groups(self.rules, rows, groups))], groups.quarantine)
        decision = of_the_whole_list(decided, groups.members, self._kept(state.STOPPED), looked_at)
        read = read_times(rows, self.choice.until)
        times = times_now(self._get(LISTED), self._kept(state.TIMES), looked_at, [read])
        kept = keep_decided(self.work, self.execution, decision, self.base.slices, times)
        done = finished(self.work, self.execution, decision, times.height)
        results = {**done.news.results, READ_BY_ID: checkpoint["total"]}
        return Done({**done.checkpoint, **kept}, replace(done.news, results=results))

    def _rows(self) -> pl.DataFrame:
        """Of all leads that were read by id."""
        numbers = [number for number in part_numbers(self.work, self.execution) if number >= self.own]
        parts = [read_part(read_stored(self.work, self.execution, number)) for number in numbers]
        empty = pl.DataFrame(schema=dict.fromkeys(needed_fields(self.rules), pl.String))
        return pl.concat([empty, *parts])

    def _looked_at(self, checkpoint: Checkpoint) -> LookedAt:
        asked = pl.concat([self._get(f"{WANTED}{turn:05}.parquet") for turn in range(checkpoint["turn"] + 1)])
        return LookedAt(asked, self._get(GONE))

    def _kept(self, name: str) -> pl.DataFrame:
        return state.get_state(self.work, self.execution, self.base.execution, name)

    def _get(self, name: str) -> pl.DataFrame:
        return read_table(self.work, self.execution, name)

    def _put(self, name: str, table: pl.DataFrame) -> None:
        write_table(self.work, self.execution, name, table)

    def _log(self, message: str, **facts: int) -> None:
        log_line(self.work, self.execution, "work", message, **facts)
