"""What is measured on lists of leads, each in a process of its own: time, processor, and the most memory it had.

python -m tests.benchmarks.lead_jobs JOB WORDS…: does the job and writes what it took as a line of JSON.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np
import polars as pl
from run_service import ALLOCATION
from touchline.domain.leads.components import roots
from touchline.domain.leads.decisions import Decision, decide_slice, together
from touchline.domain.leads.dedupe import dedupe_parts
from touchline.domain.leads.domain_changes import address_facts
from touchline.domain.leads.extract import ExtractPart, read_part
from touchline.domain.leads.groups import Groups, find_groups
from touchline.domain.leads.hashing import hash_addresses
from touchline.domain.leads.keys import emit_keys
from touchline.domain.leads.links import Joined, join_slice
from touchline.domain.leads.rows import Part, bearing_marks, read_keyed, read_rows_of_groups
from touchline.domain.leads.rules import needed_fields
from touchline.services.marketo.execution_tables import KEPT, PASSING

from tests.benchmarks.lead_lists import rules

TABLES: Final = ("changes", "merges", "quarantine")


def measured(job: str, *words: object, allocation: Mapping[str, str] = ALLOCATION) -> dict[str, Any]:
    """`job`; its `seconds`, `cpu_seconds` and `mib`, without starting Python and importing; and what it tells.

    `allocation`: settings of the allocator, those that the functions have unless told otherwise.
    """
    command = [sys.executable, "-m", "tests.benchmarks.lead_jobs", job, *map(str, words)]
    environment = os.environ | allocation | {"PYTHONPATH": "layers/core/python:functions"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{job} failed:\n{done.stderr[-3000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"job": job, **told}


def read(path: str) -> None:
    pl.read_csv(path, infer_schema=False, null_values=["null", ""])


def whole(parts: str, folder: str) -> dict[str, Any]:
    """CSV to tables of changes, as one function does it. `parts`: a folder with the extract as it is stored."""
    stored: list[Part] = [ExtractPart(path.read_bytes) for path in sorted(Path(parts).iterdir())]
    decision, _ = dedupe_parts(rules(), stored)
    _keep(decision, Path(folder))
    return _told(decision)


def keys_of_part(path: str, folder: str, part: str, slices: str) -> None:
    asked = rules()
    leads = read_keyed(asked, ExtractPart(Path(path).read_bytes))
    bearing_marks(asked, leads).write_parquet(Path(folder) / f"marks-{part}.parquet", **PASSING)
    for number, table in enumerate(emit_keys(asked, leads, int(slices))):
        table.write_parquet(Path(folder) / f"keys-{number}-{part}.parquet", **PASSING)


def links_of_slice(folder: str, number: str) -> None:
    tables = [pl.read_parquet(path) for path in sorted(Path(folder).glob(f"keys-{number}-*.parquet"))]
    joined = join_slice(rules(), tables)
    joined.links.write_parquet(Path(folder) / f"links-{number}.parquet", **PASSING)
    joined.generic.write_parquet(Path(folder) / f"generic-{number}.parquet", **PASSING)


def groups_of_all(folder: str, slices: str) -> None:
    place = Path(folder)
    joined = [
        Joined(pl.read_parquet(place / f"links-{number}.parquet"), pl.read_parquet(place / f"generic-{number}.parquet"))
        for number in range(int(slices))
    ]
    groups = find_groups(rules(), joined)
    groups.members.write_parquet(place / "members.parquet", **PASSING)
    groups.quarantine.write_parquet(place / "stopped.parquet", **PASSING)


def rows_of_part(path: str, folder: str, part: str, slices: str) -> None:
    asked, place = rules(), Path(folder)
    groups = Groups(pl.read_parquet(place / "members.parquet"), pl.DataFrame())
    leads, bearing = ExtractPart(Path(path).read_bytes), pl.read_parquet(place / f"marks-{part}.parquet")
    for number, table in enumerate(read_rows_of_groups(asked, leads, bearing, groups, int(slices))):
        table.write_parquet(place / f"rows-{number}-{part}.parquet", **PASSING)


def decisions_of_slice(folder: str, number: str) -> None:
    place = Path(folder)
    rows = [pl.read_parquet(path) for path in sorted(place.glob(f"rows-{number}-*.parquet"))]
    decision = decide_slice(rules(), rows)
    for kind in TABLES:
        getattr(decision, kind).write_parquet(place / f"decided-{kind}-{number}.parquet", **PASSING)


def all_together(folder: str, slices: str, target: str) -> dict[str, Any]:
    place = Path(folder)
    decisions = [
        Decision(*(pl.read_parquet(place / f"decided-{kind}-{number}.parquet") for kind in TABLES))
        for number in range(int(slices))
    ]
    decision = together(decisions, pl.read_parquet(place / "stopped.parquet"))
    _keep(decision, Path(target))
    return _told(decision)


def keys_of_list(path: str, ours: str, theirs: str) -> None:
    """Our table of keys; and the same for a rival, without generic ones: numbers of 64 bits, a column for each rule."""
    asked = rules()
    keys = emit_keys(asked, read_part(Path(path).read_bytes(), needed_fields(asked)))[0]
    keys.write_parquet(ours, **PASSING)
    kept = keys.join(join_slice(asked, [keys]).generic.select("rule", "key"), on=["rule", "key"], how="anti")
    short = kept.select("id", "rule", key=(pl.col("key") % (1 << 63)).cast(pl.Int64))
    wide = short.pivot(on="rule", index="id", values="key", sort_columns=True)
    wide.rename({name: f"key_{name}" for name in wide.columns if name != "id"}).write_parquet(theirs)


def groups_of_keys(path: str, target: str) -> None:
    """Matching alone, as the rival does it: from keys to groups, before any guard but the caps of keys."""
    links = join_slice(rules(), [pl.read_parquet(path)]).links
    ids, root = roots(links["left"].to_numpy(), links["right"].to_numpy())
    pl.DataFrame({"id": ids, "group": root}).write_parquet(target, **PASSING)


def hash_by_us(count: str) -> dict[str, Any]:
    addresses = _addresses(int(count))
    began, cpu = perf_counter(), process_time()
    hashes = hash_addresses(addresses, "generic")
    return {"seconds": perf_counter() - began, "cpu_seconds": process_time() - cpu, "last": hashes[-1]}


def hash_by_hashlib(count: str) -> dict[str, Any]:
    addresses = _addresses(int(count)).to_list()
    began, cpu = perf_counter(), process_time()
    hashes = [hashlib.sha256(address.strip().lower().encode()).hexdigest() for address in addresses]
    return {"seconds": perf_counter() - began, "cpu_seconds": process_time() - cpu, "last": hashes[-1]}


def domains(count: str) -> dict[str, Any]:
    addresses = _addresses(int(count))
    began, cpu = perf_counter(), process_time()
    facts = address_facts(addresses)
    took = {"seconds": perf_counter() - began, "cpu_seconds": process_time() - cpu}
    return {**took, "different": facts["domain"].n_unique()}


def _addresses(count: int) -> pl.Series:
    """All different, as people write them; many of a few domains, and 130,000 domains with few."""
    draws = np.random.default_rng(1)
    places = draws.zipf(1.3, count) % 200_000
    names = ["gmail.com", "yahoo.com", "hotmail.com", "gmial.com", "web.de"]
    names += [f"company{n}.{'com' if n % 3 else 'co.uk'}" for n in range(len(names), 200_000)]
    frame = pl.DataFrame({"number": np.arange(count), "domain": pl.Series(names).gather(places)})
    return frame.select(pl.format("Person.{}@{}", "number", "domain")).to_series()


def _keep(decision: Decision, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind in TABLES:
        getattr(decision, kind).write_parquet(folder / f"{kind}.parquet", **KEPT)


def _told(decision: Decision) -> dict[str, Any]:
    return {"changed": decision.changes["id"].n_unique(), "changes": decision.changes.height}


JOBS: Final[Mapping[str, Callable[..., dict[str, Any] | None]]] = {
    job.__name__: job
    for job in (
        read,
        whole,
        keys_of_part,
        links_of_slice,
        groups_of_all,
        rows_of_part,
        decisions_of_slice,
        all_together,
        keys_of_list,
        groups_of_keys,
        hash_by_us,
        hash_by_hashlib,
        domains,
    )
}


def main() -> None:
    began, cpu = perf_counter(), process_time()
    told = JOBS[sys.argv[1]](*sys.argv[2:]) or {}
    took = {"seconds": perf_counter() - began, "cpu_seconds": process_time() - cpu}
    # Of this program alone: what getrusage tells begins with the process that started it.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) / 1024
    print(json.dumps({**took, "mib": peak, **told}))


if __name__ == "__main__":
    main()
