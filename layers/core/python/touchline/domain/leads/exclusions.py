"""Leads that a customer wants left alone: they have no keys, so they match nobody."""

from collections.abc import Sequence
from functools import partial

import polars as pl

from touchline.domain.leads.addresses import domains, is_role
from touchline.domain.leads.cleaning import by_unique
from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.normalisers import LeadValues


def excluded(rules: DedupeRules, values: LeadValues) -> pl.Series:
    """Boolean, one for each lead."""
    tests = rules.exclusions
    ids = values.raw("id").cast(pl.Int64)
    out = pl.repeat(value=False, n=len(ids), eager=True)
    if tests.ids:
        out |= ids.is_in(pl.Series(tests.ids, dtype=pl.Int64).implode())
    for test in tests.do_not_merge:
        out |= has_value(values.raw(test.field), test.values)
    if tests.role_accounts:
        out |= is_role(values.addresses("email"))
    if tests.domains:
        at = domains(values.addresses("email"))
        out |= by_unique(at, partial(_below, listed=frozenset(tests.domains))).fill_null(value=False)
    return out


def _below(hosts: pl.Series, listed: frozenset[str]) -> pl.Series:
    """Whether each is one of the domains or below one."""
    return pl.Series([_is_below(host, listed) for host in hosts.to_list()], dtype=pl.Boolean)


def _is_below(host: str | None, listed: frozenset[str]) -> bool:
    labels = host.split(".") if host else []
    return any(".".join(labels[n:]) in listed for n in range(len(labels)))


def has_value(values: pl.Series, wanted: Sequence[str]) -> pl.Series:
    """Whether each is one of those wanted, whatever the case."""
    known = pl.Series(sorted({value.strip().lower() for value in wanted}), dtype=pl.String)
    return values.str.strip_chars().str.to_lowercase().is_in(known.implode()).fill_null(value=False)
