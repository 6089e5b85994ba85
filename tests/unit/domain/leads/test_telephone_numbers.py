import re
from random import Random

import phonenumbers
import polars as pl
import pytest
from phonenumbers import PhoneNumberFormat
from touchline.domain.leads.telephone_numbers import FEWEST_DIGITS, PLACEHOLDER, _read, telephone_key

TRUNKS = ("", "0", "1", "8", "+", "00", "011", "0 ")


def keys(values: list[str | None], country: str | None = None) -> list[str | None]:
    return telephone_key(pl.Series(values, dtype=pl.String), country).to_list()


@pytest.mark.parametrize(
    ("country", "values"),
    [
        ("US", ["(212) 555-0100", "212.555.0100", "+1 212 555 0100", "1-212-555-0100 x77", "2125550100 ext. 5"]),
        ("GB", ["020 7946 0958", "+44 (0)20 7946 0958", "0044 20 7946 0958", "+442079460958"]),
        ("DE", ["030 901820", "+49 30 901820", "0049-30-901820"]),
        ("IT", ["06 6982 1234", "+39 06 6982 1234"]),
        ("AR", ["011 15-2345-6789", "+54 9 11 2345 6789"]),
        (None, ["2125550100", "(212) 555-0100"]),
    ],
)  # fmt: skip
def test_one_number_however_it_is_written(country: str | None, values: list[str | None]) -> None:
    found = keys(values, country)
    assert len(set(found[:5])) == 1
    assert found[0]


@pytest.mark.parametrize(
    "value",
    [None, "", "n/a", "000-000-0000", "555-555-5555", "(111) 111-1111", "1234567890", "123-4567", "12345", "x 12", "+"],
)  # fmt: skip
@pytest.mark.parametrize("country", ["US", None])
def test_what_is_no_number_is_no_key(value: str | None, country: str | None) -> None:
    assert keys([value], country) == [None]


def test_the_country_of_a_lead_says_whose_number_it_is() -> None:
    numbers = pl.Series(["020 7946 0958", "(212) 555-0100", "030 901820", "030 901820", None])
    countries = pl.Series(["United Kingdom", "us", "Germany", "Atlantis", "FR"])
    assert (
        telephone_key(pl.Series(["(212) 555-0100"] * 2), "US", pl.Series([None, "x"])).to_list() == ["+12125550100"] * 2
    )
    assert telephone_key(numbers, "US", countries).to_list()[:3] == ["+442079460958", "+12125550100", "+4930901820"]
    assert telephone_key(numbers, None, countries).to_list()[3:] == ["~030901820", None]


def written(region: str, random: Random) -> list[str]:
    """Numbers of a country as they are written, and digits at random that begin like such."""
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in range(11)]
    forms = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
    found = {phonenumbers.format_number(one, form) for one in examples if one is not None for form in forms}
    code = str(phonenumbers.country_code_for_region(region))
    for _ in range(60):
        digits = "".join(random.choice("0123456789") for _ in range(random.randint(4, 13)))
        found.add(random.choice([*TRUNKS, code, f"+{code}", f"+{code} ", f"0{code}"]) + digits)
    return sorted(found)


def asked(value: str, region: str) -> str | None:
    """What the library alone says."""
    value = re.sub(r"^\(?00 ?([1-9])", r"+\1", value)
    digits = re.sub("[^0-9]", "", value)
    key = _read(value, region) if len(digits) >= FEWEST_DIGITS else None
    return None if key is None or re.search(PLACEHOLDER, key) or re.search(PLACEHOLDER, digits) else key


def test_the_fast_way_says_what_the_library_says() -> None:
    random = Random(7)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        values = written(region, random)
        assert dict(zip(values, keys(list(values), region), strict=True)) == {one: asked(one, region) for one in values}
