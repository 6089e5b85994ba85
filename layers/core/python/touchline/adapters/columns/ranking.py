"""The commonest values of a field over tables, exact."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from touchline.adapters.columns.choosing import Mask
from touchline.adapters.columns.tables import SomeRows
from touchline.domain.properties import Scalar, property_entry
from touchline.domain.queries.fields import Field
from touchline.domain.queries.tally import TopValues


def ranked_values(tables: Sequence[tuple[SomeRows, Mask | None]], field: Field, top: int) -> TopValues:
    """The values with the most events; of equal ones the first in the order of text."""
    counted: Counter[tuple[bool, Scalar]] = Counter()
    for table, mask in tables:
        codes = table.codes(field) if mask is None else table.codes(field)[mask]
        values = table.values(field)
        by_code = np.bincount(codes, minlength=len(values))
        for code in np.flatnonzero(by_code).tolist():
            events = int(by_code[code])
            # true is not 1
            counted.update({(type(value) is bool, value): events for value in values[code]})
    ranked = sorted(counted.items(), key=lambda one: (-one[1], _text(field, one[0][1])))
    return TopValues(tuple(value for (_, value), _ in ranked[:top]), 0)


def _text(field: Field, value: Scalar) -> str:
    return property_entry(field.key, value) if field.kind == "property" else str(value)
