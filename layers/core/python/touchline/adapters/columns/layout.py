"""What the columns of a day are called, and the digest that tells one layout from another."""

import hashlib
from typing import Final

from touchline.domain.queries.fields import TEXT_FIELDS, Field

# A day has three files of columns. Sequence and `_id` are most of the bytes, and seldom needed; properties are many.
EVENTS: Final = "events"
ORDER: Final = "order"
PROPERTIES: Final = "properties"
ORDER_COLUMNS: Final = ("sequence", "ids")
AMOUNT: Final = "amount"
CURRENCY: Final = "value.currency"
# Of rows that come from batches: which of them.
BATCH: Final = "_batch"
# Widths of ids are multiples of this, so that they can be looked at as whole numbers.
ID_STEP: Final = 8
# Each text field as SQL.
TEXTS: Final = {name: ".".join(f'"{part}"' for part in name.split(".")) for name in TEXT_FIELDS}
# A field that becomes known is a new layout: files without its column are not read any more, but made anew.
LAYOUT: Final = hashlib.blake2b(b"2|" + "|".join(TEXT_FIELDS).encode(), digest_size=4).hexdigest()


def dictionary(column: str) -> str:
    """The list of a coded column's values: code n stands for the n-th, counted from 1; 0 for none."""
    return f"{column}#"


def property_codes(key: str) -> str:
    return f"property:{key}"


def property_rows(key: str) -> str:
    """The rows that `property_codes` is about; absent where these are all."""
    return f"rows:{key}"


def column_of(field: Field) -> str:
    return property_codes(field.key) if field.kind == "property" else field.name
