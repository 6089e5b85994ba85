"""Lists that are large, or made to be hard; and another engine that must find the same groups."""

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from touchline.domain.leads.components import roots
from touchline.domain.leads.keys import emit_keys
from touchline.domain.leads.links import join_slice
from touchline.domain.leads.rules import needed_fields

from tests.unit.domain.leads.instance import Raw, dedupe, rules_of

MERGE: Raw = {"outcome": {"kind": "merge"}, "survivor": {"prefer": []}}
LOOSE = {"cohesion": False, "key_cap": 1_000, "cluster_cap": 1_000}


def table(raw: Raw, columns: dict[str, pl.Series], count: int) -> pl.DataFrame:
    empty = pl.repeat(None, count, dtype=pl.String, eager=True)
    needed = needed_fields(rules_of(raw))
    ids = pl.int_range(1, count + 1, eager=True).cast(pl.String)
    return pl.DataFrame({name: columns.get(name, ids if name == "id" else empty) for name in needed})


def test_a_chain_of_a_million_links_ends_and_joins_nobody() -> None:
    """Lead n shares its name with lead n + 1 by one rule, and with lead n - 1 by the other."""
    raw = {**MERGE, "match": [{"fields": ["firstName"]}, {"fields": ["lastName"]}]}
    count = 1_000_001
    numbers = pl.int_range(count, eager=True)
    leads = table(
        raw,
        {"firstName": "f" + (numbers // 2).cast(pl.String), "lastName": "l" + ((numbers + 1) // 2).cast(pl.String)},
        count,
    )
    found = dedupe(rules_of(raw), leads)
    assert found.merges.height == 0
    assert found.quarantine["guard"].value_counts().rows() == [("cluster_cap", count)]
    assert found.quarantine["group"].unique().to_list() == [1]


def test_a_key_with_a_hundred_thousand_members_is_one_line() -> None:
    count = 100_000
    leads = table(MERGE, {"email": pl.repeat("all@x.com", count, eager=True)}, count)
    found = dedupe(rules_of(MERGE), leads)
    assert found.quarantine.select("id", "guard").rows() == [(1, "key_cap")]
    assert "100000 leads have this key" in found.quarantine["reason"][0]
    assert found.merges.height == 0


def test_a_hundred_thousand_leads_without_any_key_are_no_work() -> None:
    raw = {**MERGE, "match": [{"fields": ["email"]}, {"fields": ["company"], "near": [{"field": "lastName"}]}]}
    found = dedupe(rules_of(raw), table(raw, {}, 100_000))
    assert (found.changes.height, found.merges.height, found.quarantine.height) == (0, 0, 0)


def test_blocks_of_names_that_are_all_alike_stay_small() -> None:
    """Every pair of each block of 1,000 is alike; a link for each would be 10 million."""
    raw = {**MERGE, "match": [{"fields": ["company"], "near": [{"field": "lastName"}]}]}
    numbers = pl.int_range(20_000, eager=True)
    leads = table(
        raw,
        {"company": "c" + (numbers // 1_000).cast(pl.String), "lastName": pl.repeat("Lee", 20_000, eager=True)},
        20_000,
    )
    rules = rules_of(raw)
    assert join_slice(rules, emit_keys(rules, leads)).links.height == 20_000 - 20
    assert dedupe(rules, leads).quarantine["guard"].value_counts().rows() == [("cluster_cap", 20_000)]


HOSTILE = [
    "'; drop table leads --",
    '"',
    "\x00",
    "a\nb",
    "\u2028",
    "=1+1",
    "🙂",
    "\u202eLee",
    "{}",
    "{0}",
    "%s",
    "\\",
    "ǅ",
    "ﬃ",
]


def test_hostile_names_are_names() -> None:
    raw = {
        **MERGE,
        "match": [
            {"fields": [{"field": "firstName", "normaliser": one}, "title"]} for one in ("name", "exact", "company")
        ],
        "values": {"fields": {"title": "union", "company": "first_non_empty"}},
    }
    names = [name + "x" for name in HOSTILE] * 2
    count = len(names)
    columns = {
        "firstName": pl.Series(names),
        "title": pl.Series([str(n % len(HOSTILE)) for n in range(count)]),
        "company": pl.Series([None] * len(HOSTILE) + names[: len(HOSTILE)], dtype=pl.String),
    }
    found = dedupe(rules_of(raw), table(raw, columns, count))
    pairs = [(n + 1, n + 1 + len(HOSTILE)) for n in range(len(HOSTILE))]
    assert found.merges.select("winner", "loser").rows() == pairs
    assert dict(found.changes.filter(pl.col("field") == "company").select("id", "after").rows()) == {
        n + 1: names[n] for n in range(len(HOSTILE))
    }


PERSON = ("firstName", "lastName", "company")
ORACLE = """
with leads as (
    select id::bigint id, lower(trim(email)) email, lower(trim(firstName)) first, lower(trim(lastName)) last,
           lower(trim(company)) company
    from leads
),
keys as (
    select id, 'e' || email as key from leads where email <> ''
    union all
    select id, 'p' || first || chr(31) || last || chr(31) || company from leads
    where first <> '' and last <> '' and company <> ''
),
shared as (select key, min(id) lowest from keys group by key having count(*) > 1)
select id, lowest from keys join shared using (key) where id <> lowest
"""


def test_another_engine_finds_the_same_groups(tmp_path: Path) -> None:
    """Keys and who shares them by DuckDB; and what hangs together."""
    raw = {
        **MERGE,
        "match": [
            {"fields": ["email"]},
            {"fields": [{"field": f, "normaliser": "name"} for f in ("firstName", "lastName", "company")]},
        ],
        "guards": LOOSE,
        "exclusions": {"role_accounts": False},
    }
    random = np.random.default_rng(5)
    count = 20_000

    def some(prefix: str, many: int, suffix: str = "") -> pl.Series:
        """Some of them in capitals, between blanks or empty."""
        numbers = random.integers(0, many, count).tolist()
        texts = [(prefix.upper() if n % 3 else prefix) + str(n) + suffix for n in numbers]
        padded = [f" {text} " if row % 2 else text for row, text in enumerate(texts)]
        return pl.Series([None if n % 17 == 0 else text for n, text in zip(numbers, padded, strict=True)])

    leads = table(
        raw,
        {
            "email": some("mail", 30_000, "@x.com"),
            "firstName": some("first", 60),
            "lastName": some("last", 60),
            "company": some("acme", 5),
        },
        count,
    )
    decision = dedupe(rules_of(raw), leads.head(7_000), leads.tail(13_000), slices=3)
    found = {loser: winner for winner, loser in decision.merges.select("winner", "loser").rows()}
    leads.write_csv(tmp_path / "leads.csv")
    with duckdb.connect() as engine:
        engine.execute(f"create table leads as from read_csv('{tmp_path}/leads.csv', all_varchar = true)")
        links = engine.sql(ORACLE).fetchnumpy()
    ids, root = roots(links["id"], links["lowest"])
    expected = {int(one): int(first) for one, first in zip(ids, root, strict=True) if one != first}
    assert len(expected) > 5_000
    assert found == expected
