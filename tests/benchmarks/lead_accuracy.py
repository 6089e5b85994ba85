"""How well rules find labelled duplicates.

A first set was written before any labelled set was looked at, and measured; those of febrl were then revised on febrl2
alone, which is not measured.
"""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl
from touchline.domain.leads.extract import read_part
from touchline.domain.leads.groups import find_groups
from touchline.domain.leads.keys import emit_keys
from touchline.domain.leads.links import join_slice
from touchline.domain.leads.rules import parse_dedupe_rules
from touchline.domain.marketo.api import LeadField

from local.environments import rival_python

type Rules = Sequence[Mapping[str, Any]]

NUMBERS: Final = {"soc_sec_id", "date_of_birth"}
NAMES: Final = {"given_name", "surname", "fname_c1", "lname_c1", "address_1", "suburb"}


def rule(*fields: str, near: Sequence[tuple[str, float]] = ()) -> Mapping[str, Any]:
    """Equal in `fields`, and at least so much alike in those of `near`: by Levenshtein for numbers, else by Jaro and
    Winkler."""
    return {
        "name": " ".join([*fields, *(name for name, _ in near)])[:64],
        "fields": [{"field": name, "normaliser": "name" if name in NAMES else "exact"} for name in fields],
        "near": [
            {
                "field": name,
                "at_least": score,
                "normaliser": "name" if name in NAMES else "exact",
                "method": "levenshtein" if name in NUMBERS else "jaro_winkler",
            }
            for name, score in near
        ],
    }


# People of Australia: a number of social security, dates of birth and addresses, with errors in any of them.
FEBRL_EXACT: Final = (
    rule("soc_sec_id", "date_of_birth"),
    rule("soc_sec_id", "surname"),
    rule("soc_sec_id", "given_name"),
    rule("soc_sec_id", "postcode"),
    rule("given_name", "surname", "date_of_birth"),
    rule("given_name", "surname", "address_1", "postcode"),
    rule("date_of_birth", "address_1", "street_number"),
)
# Digits differ or changed places, and other things agree: names are often in each other's field, or not there.
FEBRL_NEAR: Final = (
    rule("soc_sec_id"),
    rule("date_of_birth", near=[("soc_sec_id", 0.7)]),
    rule("address_1", near=[("soc_sec_id", 0.7)]),
    rule("postcode", near=[("soc_sec_id", 0.7), ("address_1", 0.8)]),
    rule("suburb", near=[("soc_sec_id", 0.7), ("date_of_birth", 0.7)]),
    rule("date_of_birth", "address_1"),
    rule("date_of_birth", "street_number", near=[("address_1", 0.8)]),
    rule("date_of_birth", "suburb", "surname"),
    rule("date_of_birth", "suburb", "given_name"),
    rule("date_of_birth", near=[("given_name", 0.85), ("surname", 0.85)]),
    rule("date_of_birth", "postcode", near=[("surname", 0.8)]),
    rule("street_number", "postcode", near=[("given_name", 0.85), ("surname", 0.8)]),
    rule("given_name", "surname", "postcode"),
    rule("given_name", near=[("surname", 0.85), ("address_1", 0.9)]),
    rule("surname", near=[("given_name", 0.85), ("address_1", 0.9)]),
    rule("surname", "street_number", near=[("address_1", 0.9)]),
)
# People of Germany: first and last name and a date of birth, one of which has an error in each duplicate.
RLDATA_EXACT: Final = (rule("fname_c1", "lname_c1", "by", "bm", "bd"),)
RLDATA_NEAR: Final = (
    rule("by", "bm", "bd", near=[("fname_c1", 0.85), ("lname_c1", 0.85)]),
    rule("fname_c1", "lname_c1", "by", "bm"),
    rule("fname_c1", "lname_c1", "by", "bd"),
    rule("fname_c1", "lname_c1", "bm", "bd"),
)
SETS: Final[Sequence[tuple[str, Rules, Rules, float]]] = (
    ("febrl1", FEBRL_EXACT, FEBRL_NEAR, 0.9992),
    ("febrl3", FEBRL_EXACT, FEBRL_NEAR, 0.9992),
    ("febrl4", FEBRL_EXACT, FEBRL_NEAR, 0.9996),
    ("RLdata10000", RLDATA_EXACT, RLDATA_NEAR, 0.968),
)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Over pairs of records."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def measure() -> list[tuple[str, Accuracy, Accuracy, float]]:
    """Of each set: with exact rules, with near ones as well, and the F1 to reach."""
    with TemporaryDirectory() as folder:
        script = Path(__file__).with_name("labelled_records.py")
        subprocess.run([rival_python(), script, folder], check=True)
        return [
            (name, accuracy(Path(folder) / f"{name}.csv", exact), accuracy(Path(folder) / f"{name}.csv", near), reach)
            for name, exact, near, reach in SETS
        ]


def accuracy(path: Path, match: Rules) -> Accuracy:
    records = read_part(path.read_bytes())
    fields = [LeadField(name, name, "string", 255) for name in records.columns if name != "id"]
    fields += [LeadField("id", "id", "integer"), LeadField("updatedAt", "updated", "datetime")]
    # Cohesion is for lists in which one generic value would chain strangers; here every link is one of a person.
    raw = {
        "match": match,
        "guards": {"cohesion": False},
        "exclusions": {"role_accounts": False},
        "outcome": {"kind": "preview"},
    }
    rules = parse_dedupe_rules(raw, fields)
    leads = records.with_columns(updatedAt=pl.lit("2026-01-01T00:00:00Z"))
    groups = find_groups(rules, [join_slice(rules, emit_keys(rules, leads))]).members
    found = records.select(pl.col("id").cast(pl.Int64), "true_group").join(
        groups.select("id", "group"), on="id", how="left"
    )
    both = _pairs(found.drop_nulls("group"), "true_group", "group")
    return Accuracy(both / _pairs(found.drop_nulls("group"), "group"), both / _pairs(found, "true_group"))


def _pairs(table: pl.DataFrame, *same: str) -> int:
    sizes = table.group_by(same).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())
