"""Keys of leads: a stable hash of 128 bits for every rule whose fields a lead has, cut into slices by the key.

64 bits would let two different values of a list of 100 million meet by chance.
"""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np
import polars as pl
import polars_hash as plh

from touchline.domain.leads.dedupe_rules import DedupeRules, KeyPart, MatchRule
from touchline.domain.leads.exclusions import excluded
from touchline.domain.leads.normalisers import LeadValues

PARTITION = "leadPartitionId"
HALF = 1 << 64
BETWEEN = "\x1f"  # no normalised value has it, so that "ab" and "c" never make the key of "a" and "bc"


def key_columns(rules: DedupeRules) -> dict[str, type[pl.DataType]]:
    """Of a table of keys: one row for each lead and rule. `near_0` …: what is compared within a block."""
    near = max(len(rule.near) for rule in rules.match)
    return {"rule": pl.UInt8, "key": pl.UInt128, "id": pl.Int64} | {f"near_{n}": pl.String for n in range(near)}


def key_fields(rules: DedupeRules) -> list[str]:
    """The columns that keys are made of, `id` first: fewer than an extract has."""
    named = {part.field for part in _compared(rules)} | {test.field for test in rules.exclusions.do_not_merge}
    named |= {part.country_field for part in _compared(rules) if part.country_field}
    if rules.exclusions.role_accounts or rules.exclusions.domains:
        named.add("email")
    if _apart(rules):
        named.add(PARTITION)
    return ["id", *sorted(named - {"id"})]


def emit_keys(rules: DedupeRules, leads: pl.DataFrame, slices: int = 1) -> list[pl.DataFrame]:
    """One table of keys for each slice. Leads with the same key are in the same slice, whatever part they come from.

    `leads`: text columns, `key_fields` among them.
    """
    values = LeadValues(leads, rules.guards.placeholders)
    with ThreadPoolExecutor(pl.thread_pool_size()) as workers:
        # Whoever works on a rule needs columns that were begun before: nobody waits for what nobody is at.
        out = workers.submit(lambda: leads["id"].cast(pl.Int64).set(excluded(rules, values), None))
        columns = {part: workers.submit(values.of, part) for part in _slowest_first(rules)}
        partition = leads[PARTITION].fill_null("") if _apart(rules) else None
        keyed = partial(_of_rule, columns=columns, ids=out, partition=partition, kinds=key_columns(rules))
        keys = pl.concat(list(workers.map(keyed, range(len(rules.match)), rules.match)))
    if slices == 1:
        return [keys]
    by_slice = keys.with_columns(slice=pl.col("key") % slices).partition_by("slice", as_dict=True, include_key=False)
    return [by_slice.get((n,), keys.clear()) for n in range(slices)]


def _slowest_first(rules: DedupeRules) -> list[KeyPart]:
    """All that rules compare, each once: who works side by side is done soonest so."""
    return sorted(_compared(rules), key=lambda part: part.normaliser != "phone")


def _compared(rules: DedupeRules) -> dict[KeyPart, None]:
    return {part: None for rule in rules.match for part in (*rule.fields, *(near.part for near in rule.near))}


def _apart(rules: DedupeRules) -> bool:
    return not rules.guards.across_partitions and PARTITION in rules.types


def _of_rule(
    number: int,
    rule: MatchRule,
    *,
    columns: Mapping[KeyPart, Future[pl.Series]],
    ids: Future[pl.Series],
    partition: pl.Series | None,
    kinds: dict[str, type[pl.DataType]],
) -> pl.DataFrame:
    parts = [columns[part].result() for part in rule.fields] + ([partition] if partition is not None else [])
    near = [columns[one.part].result().alias(f"near_{n}") for n, one in enumerate(rule.near)]
    text = pl.concat_str(pl.lit(str(number)), *parts, separator=BETWEEN)  # None where a part is
    hashed = pl.select(text.alias("key")).select(plh.col("key").nchash.xxh3_128(seed=0)).to_series()
    table = pl.DataFrame([hashed.alias("key"), ids.result().alias("id"), *near]).drop_nulls()
    keyed = table.with_columns(rule=pl.lit(number, pl.UInt8))
    missing = [pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in keyed.columns]
    return keyed.with_columns(missing).select(list(kinds))


def key_text(keys: pl.Series) -> pl.Series:
    """32 hex digits."""
    halves = keys.to_frame("key").select(high=pl.col("key") // HALF, low=pl.col("key") % HALF).cast(pl.UInt64)
    digits = halves.to_numpy().astype(">u8", order="C").tobytes().hex()
    return pl.Series(np.frombuffer(digits.encode(), dtype="S32"), dtype=pl.Binary).cast(pl.String)
