"""Amounts of money: decimal in, whole ten-thousandths out, so that sums are exact."""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from touchline.domain.limits import AMOUNT
from touchline.domain.rejection import Refused
from touchline.domain.text import shown

FOUR_PLACES: Final = Decimal("0.0001")
LARGEST: Final = Decimal(AMOUNT)
# Digits and one dot: no exponent, no thousands separators, which countries read differently. 40 characters are enough
# for the largest amount and 26 decimals, and bound the work.
PLAIN: Final = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,18})?", re.ASCII)


def read_amount(value: object, field: str) -> int:
    """Ten-thousandths, rounded half to even."""
    amount = _decimal(value)
    if amount is None or not amount.is_finite() or abs(amount) > LARGEST:
        raise Refused(
            "amount_invalid",
            field,
            f"{field} must be a number, or decimal text as '12.50', of at most {AMOUNT:,} in size.",
        )
    return int(amount.quantize(FOUR_PLACES, ROUND_HALF_EVEN).scaleb(4))


def read_currency(value: object, field: str) -> str:
    """Upper case; the shape of ISO 4217, not its list, which changes."""
    if type(value) is str and len(value) == 3 and value.isascii() and value.isalpha():
        return value.upper()
    sent = f", not {shown(value)!r}" if type(value) is str else ""
    raise Refused("currency_invalid", field, f"{field} must be a code of three letters, as EUR{sent}.")


def _decimal(value: object) -> Decimal | None:
    if type(value) is int:
        return Decimal(value) if abs(value) <= AMOUNT else None
    if type(value) is float:
        return Decimal(repr(value))  # the shortest text that means this float: what the sender wrote
    if type(value) is str and PLAIN.fullmatch(value):
        return Decimal(value)
    return None
