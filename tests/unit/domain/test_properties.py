import math

from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.properties import flatten_properties, property_entry, read_entry
from touchline.domain.sent_shape import decimal_text
from touchline.domain.text import HIDDEN

KEYS = st.text(min_size=1, max_size=64).filter(lambda key: not HIDDEN.search(key))
SCALARS = st.booleans() | st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False) | KEYS


@given(key=KEYS, value=SCALARS)
def test_an_entry_is_read_back_as_key_and_typed_value(key: str, value: str | float) -> None:
    [entry] = flatten_properties({key: value})
    assert entry == property_entry(key, value)
    read_key, read_value = read_entry(entry)
    assert read_key == key
    assert read_value == value
    assert isinstance(read_value, str) == isinstance(value, str)
    assert isinstance(read_value, bool) == isinstance(value, bool)


@given(number=st.integers(-(2**53), 2**53))
def test_one_number_has_one_text(number: int) -> None:
    assert property_entry("n", number) == property_entry("n", float(number))


def test_special_characters_of_keys_are_escaped() -> None:
    assert flatten_properties({"a=b:c\\d": "x"}) == ["a\\=b\\:c\\\\d=x"]
    assert read_entry("plan==pro") == ("plan", "=pro")
    assert read_entry("plan:=-0.5") == ("plan", -0.5)


@given(amount=st.integers(-(10**16), 10**16))
def test_an_amount_is_shown_exactly(amount: int) -> None:
    text = decimal_text(amount)
    assert math.isclose(float(text) * 10_000, amount, rel_tol=1e-12)
    assert len(text.split(".")[1]) >= 2
