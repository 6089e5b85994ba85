"""Credit as an answer shows it: decimal text, so that what adds up in it adds up in the reader's program."""

from decimal import Decimal
from typing import Any, Final

from touchline.domain.attributed import Credited
from touchline.domain.attribution import MICRO
from touchline.domain.queries.measures import amount_text

PLACES: Final = Decimal("0.000001")


def credited_facts(credited: Credited) -> dict[str, Any]:
    """Of whole numbers."""
    values = {currency: amount_text(Decimal(int(amount))) for currency, amount in sorted(credited.values.items())}
    return {"conversions": share_text(int(credited.conversions)), "value": values}


def share_text(micro: int) -> str:
    """Of millionths, without zeros at the end."""
    return format((Decimal(micro) / MICRO).quantize(PLACES).normalize(), "f")
