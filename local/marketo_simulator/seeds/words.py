"""Words that people, companies and places of the seed are made of. Names are common ones; nobody is meant."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

# What real instances hold and readers stumble over. Only in texts that nothing is looked up by.
HOSTILE: Final = (
    'O\'Brien "Bob" Jr.',
    "line one\nline two",
    "carriage\rreturn",
    "line\u2028separator",
    "nul\x00inside",
    "null",
    '=HYPERLINK("http://x.test")',
    "comma, semicolon; tab\t",
    "  blanks around  ",
    "emoji 👩‍💻",
    "\ufeffBOM",
    '""',
    "two\r\nends\r\n",
    "zero\u200bwidth",
    "back\\slash",
    "N/A",
)
_LETTERS: Final = str.maketrans(
    {"ł": "l", "ø": "o", "ı": "i", "ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "å": "a", "æ": "ae", "đ": "d"}
    | dict(zip("абвгґдезийіїклмнопрстуф", "abvggdezyiiiklmnoprstuf", strict=True))
    | {"є": "ie", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ю": "iu", "я": "ia"}
)


@dataclass(frozen=True, slots=True)
class Culture:
    """`countries`: where such names are met, as indices of the countries."""

    name: str
    weight: float
    first: tuple[str, ...]
    last: tuple[str, ...]
    countries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Country:
    """`trunk`: what is dialled before the area inside the country."""

    name: str
    code: str
    trunk: str
    areas: tuple[str, ...]
    cities: tuple[str, ...]
    domain: str


@cache
def words() -> Mapping[str, Any]:
    return dict(json.loads((Path(__file__).parent / "words.json").read_text()))


@cache
def countries() -> tuple[Country, ...]:
    lists = ("areas", "cities")
    return tuple(Country(**{**one, **{name: tuple(one[name]) for name in lists}}) for one in words()["countries"])


@cache
def cultures() -> tuple[Culture, ...]:
    numbers = {country.name: number for number, country in enumerate(countries())}
    return tuple(
        Culture(
            one["name"],
            one["weight"],
            tuple(one["first"].split()),
            names_of(one["last"]),
            tuple(numbers[country] for country in one["countries"]),
        )
        for one in words()["cultures"]
    )


def names_of(told: Mapping[str, str]) -> tuple[str, ...]:
    """Every beginning with every ending, and those that are told whole."""
    joined = product(told.get("beginnings", "").split(), told.get("endings", "").split())
    return tuple(beginning + ending for beginning, ending in joined) + tuple(told.get("whole", "").split())


def latin(name: str) -> str:
    """As it stands in an address: small ASCII letters."""
    for written, read in words()["readings"].items():
        name = name.replace(written, read)
    lowered = name.replace("İ", "i").lower().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain if letter.isalnum())
