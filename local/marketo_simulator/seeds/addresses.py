"""Addresses and phone numbers of people, and the other ways in which the same ones are written."""

from typing import Final

import numpy as np
import polars as pl

from local.marketo_simulator.seeds.draws import Draws, Flags, Numbers
from local.marketo_simulator.seeds.people import (
    DISPOSABLE,
    FREE,
    NO_ADDRESS,
    ROLE,
    People,
    company_domains,
    latin_names,
)
from local.marketo_simulator.seeds.words import countries, words

NOTATIONS: Final = (
    "+{code} {area} {number}",
    "00{code}{area}{number}",
    "({trunk}{area}) {front}-{back}",
    "{trunk}{area}/{number}",
    "+{code}-{area}-{front}-{back}",
    "+{code}{area}{number} ext. 12",
)


def addresses(draws: Draws, people: People) -> pl.Series:
    """One for each person, in small letters; none where the person gave none. No two people share one but by role."""
    frame = pl.DataFrame(
        {
            "first": latin_names("first").gather(people.first),
            "last": latin_names("last").gather(people.last),
            "number": people.number,
            "kind": people.address_kind,
            "style": draws.below("style", people.number, 3),
            "homonym": people.homonym,
            "company": company_domains(people.company),
            "free": pl.Series(words()["free_domains"]).gather(people.free_domain),
            "disposable": _among(draws, "disposable", people.number, words()["disposable_domains"]),
            "role": _among(draws, "role", people.number, words()["roles"]),
        }
    )
    counted = pl.when("homonym").then(pl.col("number").cast(pl.String)).otherwise(pl.lit(""))
    private = (
        pl.when(pl.col("style") == 0)
        .then(pl.format("{}.{}{}", "first", "last", "number"))
        .when(pl.col("style") == 1)
        .then(pl.format("{}{}.{}", pl.col("first").str.slice(0, 1), "last", "number"))
        .otherwise(pl.format("{}.{}.{}", "last", "first", "number"))
    )
    return frame.select(
        pl.when(pl.col("kind") == FREE)
        .then(pl.format("{}@{}", private, "free"))
        .when(pl.col("kind") == ROLE)
        .then(pl.format("{}@{}", "role", "company"))
        .when(pl.col("kind") == DISPOSABLE)
        .then(pl.format("x{}@{}", "number", "disposable"))
        .when(pl.col("kind") == NO_ADDRESS)
        .then(None)
        .otherwise(pl.format("{}.{}{}@{}", "first", "last", counted, "company"))
    ).to_series()


def _among(draws: Draws, what: str, keys: Numbers, choices: list[str]) -> pl.Series:
    return pl.Series(choices).gather(draws.below(what, keys, len(choices)))


def phones(draws: Draws, people: People, notation: Numbers, certain: Flags) -> pl.Series:
    """Half of the people have one, and all who are `certain`; one in ten of them gives the company's switchboard."""
    switchboard = draws.chance("switchboard", people.number, 0.1)
    # Seven digits from a step that has no factor with 10 million: different people, different numbers.
    digits = np.where(switchboard, (people.company * 100) % 10_000_000, people.number * 7_654_321 % 10_000_000)
    area_counts = np.array([len(one.areas) for one in countries()])
    starts = np.cumsum([0, *area_counts[:-1]])
    place = np.where(switchboard, people.company, people.number) % area_counts[people.country]
    text = pl.Series(digits).cast(pl.String).str.zfill(7)
    frame = pl.DataFrame(
        {
            "code": pl.Series([one.code for one in countries()]).gather(people.country),
            "trunk": pl.Series([one.trunk for one in countries()]).gather(people.country),
            "area": pl.Series([area for one in countries() for area in one.areas]).gather(
                starts[people.country] + place
            ),
            "number": text,
            "front": text.str.slice(0, 3),
            "back": text.str.slice(3),
            "notation": notation % len(NOTATIONS),
            "has": draws.chance("has phone", people.number, 0.5) | certain,
        }
    )
    written = pl.lit(None, pl.String)
    for number, notation_text in enumerate(NOTATIONS):
        written = pl.when(pl.col("notation") == number).then(_filled(notation_text)).otherwise(written)
    return frame.select(pl.when("has").then(written).otherwise(None)).to_series()


def _filled(notation: str) -> pl.Expr:
    names = [part.split("}")[0] for part in notation.split("{")[1:]]
    plain = notation
    for name in names:
        plain = plain.replace(f"{{{name}}}", "{}")
    return pl.format(plain, *names)
