"""Another engine agrees: DuckDB reads the same cells, makes the same hashes, finds the same groups by exact keys."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from touchline.domain.leads.extract import read_part
from touchline.domain.leads.groups import find_groups
from touchline.domain.leads.hash_rules import Form
from touchline.domain.leads.hashing import hash_addresses
from touchline.domain.leads.keys import emit_keys
from touchline.domain.leads.links import join_slice
from touchline.domain.leads.rules import fields_to_create, needed_fields, parse_dedupe_rules
from touchline.domain.leads.splitting import Splitter
from touchline.domain.marketo.api import LeadField

from local.marketo_simulator.lead_fields import STANDARD_FIELDS
from local.marketo_simulator.seeds.leads import populate
from tests.unit.domain.leads.instance import dedupe

LEADS = 12_000
NOW = 1_795_305_600_000
COLUMNS = ["id", "email", "firstName", "lastName", "company", "title", "city", "notes", "updatedAt"]
EXACT = {
    "match": [
        {"fields": [{"field": "email", "normaliser": "exact"}]},
        {"fields": [{"field": name, "normaliser": "exact"} for name in ("firstName", "lastName", "company")]},
    ],
    "guards": {"cohesion": False, "cluster_cap": 1000, "across_partitions": True, "key_cap": 25},
    "exclusions": {"role_accounts": False},
}


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As Marketo writes it, hostile cells included."""
    path = tmp_path_factory.mktemp("leads") / "extract.csv"
    leads = pl.concat(populate(LEADS, 3, NOW).batches()).select(
        *(pl.col(name).cast(pl.String) for name in COLUMNS[:-1]),
        pl.col("updatedAt").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    leads.write_csv(path, null_value="null", line_terminator="\n", quote_style="necessary")
    return path


def parts_of(path: Path, size: int) -> Iterator[pl.DataFrame]:
    splitter = Splitter(part_bytes=size)
    for part in [*splitter.feed(path.read_bytes()), *splitter.finish()]:
        yield read_part(part.body)


def test_cells_are_those_that_duckdb_reads(extract: Path) -> None:
    options = "header=true, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='null', columns=?"
    columns = dict.fromkeys(COLUMNS, "VARCHAR")
    theirs = duckdb.execute(f"from read_csv(?, {options}) order by id::bigint", [str(extract), columns]).fetchall()
    ours = pl.concat(parts_of(extract, 100_000)).sort(pl.col("id").cast(pl.Int64)).rows()
    # DuckDB takes a quoted null for nothing, too; here somebody may be called so.
    assert [tuple(None if cell == "null" else cell for cell in row) for row in ours] == [
        tuple(cell or None for cell in row) for row in theirs
    ]
    assert sum("\n" in cell for row in ours for cell in row if cell) > 0


@pytest.mark.parametrize(("form", "function"), [("generic", "sha256"), ("md5", "md5"), ("sha1", "sha1")])
def test_hashes_are_those_of_duckdb(extract: Path, tmp_path: Path, form: Form, function: str) -> None:
    leads = read_part(extract.read_bytes(), ["email"]).drop_nulls()
    file = tmp_path / "leads.parquet"
    leads.write_parquet(file)
    theirs = duckdb.execute(f"select {function}(lower(trim(email))) from read_parquet(?)", [str(file)]).fetchall()
    assert hash_addresses(leads["email"], form).to_list() == [row[0] for row in theirs]


@pytest.mark.parametrize(("size", "slices"), [(10**9, 1), (200_000, 4)], ids=["at once", "in parts"])
def test_groups_by_exact_keys_are_those_of_joins(extract: Path, tmp_path: Path, size: int, slices: int) -> None:
    fields = [
        LeadField(one.name, one.display_name, one.data_type, one.length, one.updateable) for one in STANDARD_FIELDS
    ]
    rules = parse_dedupe_rules(EXACT, [*fields, *fields_to_create(EXACT, fields)])
    parts = [
        part.with_columns(pl.lit(None, pl.String).alias(name) for name in needed_fields(rules) if name not in COLUMNS)
        for part in parts_of(extract, size)
    ]
    keys = [emit_keys(rules, part, slices) for part in parts]
    members = find_groups(rules, [join_slice(rules, [of[n] for of in keys]) for n in range(slices)]).members
    pl.concat(parts).write_parquet(tmp_path / "leads.parquet")
    theirs = groups_of_joins(tmp_path / "leads.parquet")
    assert dict(members.select("id", "group").iter_rows()) == theirs
    assert len(theirs) > LEADS // 20
    marked = dedupe(rules, *parts, slices=slices).changes.filter(field="tlDuplicateGroup")
    assert {row[0]: int(row[1]) for row in marked.select("id", "after").iter_rows()} == theirs


def groups_of_joins(file: Path) -> dict[int, int]:
    """Every lead that shares a key with another: the lowest id that can be reached from it."""
    neighbours: dict[int, set[int]] = defaultdict(set)
    for key in (["email"], ["firstName", "lastName", "company"]):
        named = "where firstName <> 'Na'" if "firstName" in key else ""  # a name, and a placeholder
        rows = duckdb.execute(
            f"""
            with leads as (from read_parquet(?) {named}),
                small as (select {", ".join(key)} from leads group by all having count(*) between 2 and 25)
            select a.id::bigint, b.id::bigint from leads a join small using ({", ".join(key)})
                join leads b using ({", ".join(key)})
            """,
            [str(file)],
        ).fetchall()
        for left, right in rows:
            neighbours[left].add(right)
    roots: dict[int, int] = {}
    for start in sorted(neighbours):
        waiting = [start] if start not in roots else []
        while waiting:
            one = waiting.pop()
            if roots.setdefault(one, start) == start:
                waiting += [other for other in neighbours[one] if other not in roots]
    return roots
