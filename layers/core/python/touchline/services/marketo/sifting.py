"""The leads of a smart list, found among everybody: what was downloaded becomes the parts that the work reads.

Files as they came are proven whole first, and are gone once all is sifted. A step makes one file, whose rows follow
from the files before it; so one that is made twice is the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from touchline.domain.leads.extract import read_leads
from touchline.domain.leads.smart_members import ids_of_twins, keys_of_twins, members
from touchline.domain.leads.smart_rules import OfLists, Twins
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.plan_amounts import WINDOWS
from touchline.domain.marketo.steps import Again, Back, Done, News, Step
from touchline.services.marketo.execution_json import names_of
from touchline.services.marketo.execution_tables import read_table, write_table
from touchline.services.marketo.part_files import EXTRACT_GONE, RAW, frame_as_csv, store_part
from touchline.services.marketo.smart_list_orders import EVERYBODY, Job, SmartList, smart_list_of
from touchline.services.marketo.work import Work, log_line

IDS, KEYS, SEEN = "extract/ids-", "extract/keys-", "extract/seen-"
FIRST: Final[Mapping[str, Any]] = {"next": 0, "parts": 0, "read": 0, "kept": 0, "size": 0, "sifted": False}


@dataclass(frozen=True, slots=True)
class Sifting:
    """`raw`: names of the files that came, by what their jobs were made for; `made`: of those that were made here."""

    work: Work
    execution: Execution
    chosen: SmartList
    raw: Mapping[int | str, Sequence[str]]
    made: frozenset[str]

    @property
    def everybody(self) -> Sequence[str]:
        return self.raw.get(EVERYBODY, ())

    def bytes_of(self, name: str) -> bytes:
        return self.work.files.get(self.execution.tenant, self.execution.id, name)

    def write(self, name: str, table: pl.DataFrame) -> str:
        write_table(self.work, self.execution, name, table)
        return name

    def ids(self, name: str) -> pl.Series:
        return read_table(self.work, self.execution, name)["id"]


def sift(work: Work, execution: Execution, jobs: Sequence[Job], kept: Mapping[str, Any], files: int, part: int) -> Step:
    """One file further. `kept`: of the step before; `files`: that came; `part`: the number of the first that is made.
    The checkpoint of `Done` has `parts`, all of them, and `size`, their bytes."""
    state = {**FIRST, **kept}
    if state["sifted"]:
        return _finished(work, execution, state, part)
    names = names_of(work, execution, RAW)
    if len(names) < files:
        return Back(EXTRACT_GONE, "extract_gone")
    made = frozenset(name for prefix in (IDS, KEYS) for name in names_of(work, execution, prefix))
    sifting = Sifting(work, execution, smart_list_of(work, execution), _by_purpose(jobs, names), made)
    if (name := _looked_up(sifting)) is not None:
        return Again({**state, "looked_up": name})
    windows = sum(job["sifted"] == EVERYBODY for job in jobs if "sifted" in job)
    return Again({**_sifted(sifting, state, part), "windows": windows})


def _by_purpose(jobs: Sequence[Job], names: Sequence[str]) -> dict[int | str, list[str]]:
    found: dict[int | str, list[str]] = {}
    for name in names:
        job = jobs[int(name.removeprefix(RAW).partition("-")[0])]
        found.setdefault(job["sifted"], []).append(name)
    return found


def _looked_up(sifting: Sifting) -> str | None:
    """The file that had to be made next, of whom a filter names; None once all are there."""
    for place, one in enumerate(sifting.chosen.rules.filters):
        if _ids_name(place) in sifting.made:
            continue
        if isinstance(one, OfLists):
            ids = [read_leads(sifting.bytes_of(name), ["id"]) for name in sifting.raw.get(place, ())]
            return sifting.write(_ids_name(place), pl.concat([pl.DataFrame(schema={"id": pl.Int64}), *ids]).unique())
        if isinstance(one, Twins):
            return _twins_looked_up(sifting, place, one)
    return None


def _twins_looked_up(sifting: Sifting, place: int, twins: Twins) -> str:
    """Keys of each file, then whose key others have."""
    names = [f"{KEYS}{place:03}-{number:05}.parquet" for number in range(len(sifting.everybody))]
    for name, raw in zip(names, sifting.everybody, strict=True):
        if name not in sifting.made:
            columns = list(dict.fromkeys(["id", *(field.name for field in twins.fields)]))
            return sifting.write(name, keys_of_twins(twins, read_leads(sifting.bytes_of(raw), columns)))
    tables = [read_table(sifting.work, sifting.execution, name) for name in names]
    ids = ids_of_twins(pl.concat(tables)) if tables else pl.Series("id", dtype=pl.Int64)
    return sifting.write(_ids_name(place), ids.to_frame("id"))


def _sifted(sifting: Sifting, state: Mapping[str, Any], first: int) -> dict[str, Any]:
    """A part more, of as many files as have its size together; each lead once, however many files have it."""
    place, number = state["next"], state["parts"]
    ids_of = {place: sifting.ids(_ids_name(place)) for place in _with_ids(sifting)}
    seen = pl.concat([pl.Series("id", dtype=pl.Int64), *(sifting.ids(_seen_name(one)) for one in range(number))])
    frames: list[pl.DataFrame] = []
    size = read = 0
    while place < len(sifting.everybody):
        raw = sifting.bytes_of(sifting.everybody[place])
        if frames and size + len(raw) > sifting.work.sizes.part:
            break
        leads = read_leads(raw)
        frames.append(leads.filter(members(sifting.chosen.rules, leads, ids_of)).select(_columns(sifting)))
        place, size, read = place + 1, size + len(raw), read + leads.height
    found = _once(frames, seen) if frames else pl.DataFrame(schema=dict.fromkeys(_columns(sifting), pl.String))
    body = frame_as_csv(found.select(sifting.chosen.kept))
    store_part(sifting.work, sifting.execution, first + number, body)
    sifting.write(_seen_name(number), found.select("id"))
    return {
        "next": place,
        "parts": number + 1,
        "read": state["read"] + read,
        "kept": state["kept"] + found.height,
        "size": state["size"] + len(body),
        "sifted": place == len(sifting.everybody),
    }


def _columns(sifting: Sifting) -> list[str]:
    return list(dict.fromkeys(["id", *sifting.chosen.kept]))


def _with_ids(sifting: Sifting) -> list[int]:
    filters = enumerate(sifting.chosen.rules.filters)
    return [place for place, one in filters if isinstance(one, OfLists | Twins)]


def _once(frames: Sequence[pl.DataFrame], seen: pl.Series) -> pl.DataFrame:
    together = pl.concat(frames).unique("id", keep="first", maintain_order=True)
    return together.filter(~pl.col("id").is_in(seen.implode()))


def _finished(work: Work, execution: Execution, state: Mapping[str, Any], part: int) -> Step:
    """What nobody needs any more goes: most of it is of people who are not on the list."""
    for prefix in (RAW, IDS, KEYS, SEEN):
        work.files.delete(execution.tenant, execution.id, prefix)
    log_line(work, execution, "download", "has the leads of the smart list", read=state["read"], kept=state["kept"])
    results = {"leads_read": state["read"], WINDOWS: state["windows"]}
    kept = {"parts": part + state["parts"], "size": state["size"]}
    return Done(kept, News(leads=state["kept"], results=results))


def _ids_name(place: int) -> str:
    return f"{IDS}{place:03}.parquet"


def _seen_name(number: int) -> str:
    return f"{SEEN}{number:05}.parquet"
