"""Lists of leads to measure with, written as Marketo exports them; the same for the same number of leads."""

import hashlib
import inspect
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl
from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.rules import fields_to_create, needed_fields, parse_dedupe_rules
from touchline.domain.marketo.api import LeadField

from local.folders import cache_folder
from local.marketo_simulator.lead_fields import STANDARD_FIELDS
from local.marketo_simulator.seeds import addresses, leads, people
from local.marketo_simulator.seeds.leads import populate

NOW: Final = 1_795_305_600_000  # 2026-11-22
SEED: Final = 5
RULES: Final = {
    "match": [
        {"name": "mailbox", "fields": [{"field": "email", "normaliser": "canonical_email"}]},
        {
            "name": "name and company",
            "fields": [
                {"field": "firstName", "normaliser": "name"},
                {"field": "lastName", "normaliser": "name"},
                {"field": "company", "normaliser": "company"},
            ],
        },
        {
            "name": "phone and name",
            "fields": [
                {"field": "phone", "normaliser": "phone", "country_field": "country"},
                {"field": "lastName", "normaliser": "name"},
            ],
        },
    ],
    "values": {
        "fields": {
            "industry": "first_non_empty",
            "website": "first_non_empty",
            "title": "first_non_empty",
            "city": "first_non_empty",
            "postalCode": "first_non_empty",
            "leadSource": {"rule": "oldest", "by": "createdAt"},
            "leadScore": "max",
        }
    },
    "outcome": {"kind": "mark", "survivor_values": True},
}


def rules() -> DedupeRules:
    fields = [
        LeadField(one.name, one.display_name, one.data_type, one.length, one.updateable) for one in STANDARD_FIELDS
    ]
    return parse_dedupe_rules(RULES, [*fields, *fields_to_create(RULES, fields)])


def extract(count: int) -> Path:
    """A CSV with the columns that the rules need, made where it is not there yet."""
    made_of = "".join(map(inspect.getsource, (leads, people, addresses))) + json.dumps(RULES)
    name = f"leads-{count}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}.csv"
    finished = cache_folder() / "benchmarks" / name
    if not finished.is_file():
        finished.parent.mkdir(parents=True, exist_ok=True)
        unfinished = finished.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as file:
            columns = needed_fields(rules())
            for number, frame in enumerate(populate(count, SEED, NOW).batches()):
                _written(frame, columns).write_csv(
                    file, include_header=number == 0, null_value="null", line_terminator="\n", quote_style="necessary"
                )
        unfinished.rename(finished)
    return finished


def _written(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """As text, moments as 2026-11-22T10:00:00Z; what a field never held is empty."""
    shown = {
        name: pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        if kind == pl.Datetime("ms")
        else pl.col(name).cast(pl.String)
        for name, kind in frame.schema.items()
    }
    return frame.select(shown.get(name, pl.lit(None, pl.String)).alias(name) for name in columns)


def true_groups(count: int) -> pl.DataFrame:
    """Of leads of people who have several: `lead`, and `person`, the lowest id among theirs."""
    return populate(count, SEED, NOW).truth()
