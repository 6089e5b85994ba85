"""People of the seed: who they are follows from their number alone, so any batch of them can be made by itself."""

from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np
import polars as pl

from local.marketo_simulator.seeds.draws import Draws, Flags, Numbers
from local.marketo_simulator.seeds.words import countries, cultures, latin, names_of, words

PEOPLE_PER_COMPANY = 14
COMPANY, FREE, ROLE, DISPOSABLE, NO_ADDRESS = range(5)
KINDS_OF_ADDRESS = [58.0, 37.0, 2.0, 0.6, 2.4]
DOTLESS = 0  # index of gmail.com among the free domains


@dataclass(frozen=True, slots=True)
class People:
    """Columns of equal length: indices into the words, and what else is drawn once for a person."""

    number: Numbers
    first: Numbers  # into `first_names`
    last: Numbers  # into `last_names`
    country: Numbers
    company: Numbers
    address_kind: Numbers
    free_domain: Numbers
    homonym: Flags  # somebody else of that name works at the same company


@cache
def first_names() -> tuple[str, ...]:
    return tuple(name for culture in cultures() for name in culture.first)


@cache
def last_names() -> tuple[str, ...]:
    return tuple(name for culture in cultures() for name in culture.last)


@cache
def latin_names(which: str) -> pl.Series:
    return pl.Series([latin(name) for name in (first_names() if which == "first" else last_names())])


def draw_people(draws: Draws, number: Numbers, companies: int, homonym: Flags) -> People:
    culture = draws.among("culture", number, [one.weight for one in cultures()])
    country = _of_culture(draws, "country", number, culture, [one.countries for one in cultures()])
    return People(
        number,
        _of_culture(draws, "first name", number, culture, _spans([len(one.first) for one in cultures()])),
        _of_culture(draws, "last name", number, culture, _spans([len(one.last) for one in cultures()])),
        country,
        draws.below("company", number, companies),
        draws.among("kind of address", number, KINDS_OF_ADDRESS),
        draws.among("free domain", number, [40.0, 12.0, 14.0, 10.0, 7.0, 6.0, 7.0, 4.0]),
        homonym,
    )


def find_homonyms(draws: Draws, people: int, companies: int) -> Flags:
    """Of all people at once: those whose first name, last name and company are somebody else's, too."""
    numbers = np.arange(people, dtype=np.int64)
    drawn = draw_people(draws, numbers, companies, np.zeros(people, np.bool_))
    key = (drawn.company * len(first_names()) + drawn.first) * len(last_names()) + drawn.last
    order = np.argsort(key, kind="stable")
    same = np.zeros(people, np.bool_)
    same[order[1:]] = key[order[1:]] == key[order[:-1]]
    return same


def _spans(lengths: list[int]) -> list[range]:
    ends = list(accumulate(lengths))
    return [range(end - length, end) for end, length in zip(ends, lengths, strict=True)]


def _of_culture(
    draws: Draws, what: str, number: Numbers, culture: Numbers, choices: list[range] | list[tuple[int, ...]]
) -> Numbers:
    """One of the choices that the person's culture has."""
    drawn = draws.below(what, number, np.array([len(one) for one in choices])[culture])
    flat = np.concatenate([np.array(one) for one in choices])
    starts = np.cumsum([0, *(len(one) for one in choices[:-1])])
    return flat[starts[culture] + drawn].astype(np.int64)


@cache
def company_stems() -> tuple[str, ...]:
    return names_of(words()["companies"])


def company_names(company: Numbers) -> tuple[pl.Series, pl.Series]:
    """Names without their legal form, and the forms. Past the stems, names are told apart by a number."""
    stems, ends = company_stems(), words()["company_ends"]
    stem = pl.Series(stems).gather(_stem_of(company))
    later = pl.Series(company // len(stems))
    frame = pl.DataFrame({"stem": stem, "later": later}).select(
        pl.when(pl.col("later") == 0).then("stem").otherwise(pl.format("{} {}", "stem", pl.col("later") + 1))
    )
    return frame.to_series(), pl.Series(ends).gather(company * 7 % len(ends))


def company_domains(company: Numbers) -> pl.Series:
    stems = pl.Series([latin(stem) for stem in company_stems()])
    later = company // len(stems)
    frame = pl.DataFrame(
        {
            "stem": stems.gather(_stem_of(company)),
            "later": later,
            "end": pl.Series([one.domain for one in countries()]).gather(home_of(company)),
        }
    ).select(
        pl.format(
            "{}{}.{}",
            "stem",
            pl.when(pl.col("later") == 0).then(pl.lit("")).otherwise((pl.col("later") + 1).cast(pl.String)),
            "end",
        )
    )
    return frame.to_series()


def _stem_of(company: Numbers) -> Numbers:
    """Neighbours in number are none in the alphabet; each stem is met once before any is met again."""
    return company * 997 % len(company_stems())


def home_of(company: Numbers) -> Numbers:
    """A company has one domain, whoever works there."""
    return company * 31 % len(countries())
