"""Conditions as people write them."""

import pytest
from touchline.domain.limits import AMOUNT
from touchline.domain.queries.filters import make_filter
from touchline.errors import InvalidFilter


@pytest.mark.parametrize("amount", [1e300, "1e999999", -1e300, 10**15, "NaN", "much"])
def test_an_amount_that_none_can_have_is_refused(amount: object) -> None:
    with pytest.raises(InvalidFilter) as refused:
        make_filter("value.amount", "eq", amount, "filters.0")
    assert refused.value.field == "filters.0.value"


def test_the_largest_amount_can_be_asked_for() -> None:
    assert make_filter("value.amount", "lte", AMOUNT, "filters.0").values == (str(AMOUNT),)
