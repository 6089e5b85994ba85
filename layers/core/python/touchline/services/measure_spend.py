"""What was spent in a range, of events and of uploaded sheets together."""

from collections.abc import Sequence

from touchline.domain.measured_spend import MeasuredSpend, SpendAt, of_sheets
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.scope import Scope
from touchline.domain.sequences.rows import EventRows, RowsQuestion
from touchline.domain.spend import SPEND_ACTION
from touchline.domain.tenancy import Tenant
from touchline.services.sources import Sources

RECORDED = Filter(Field("action", "text"), "eq", (SPEND_ACTION,))


def spend_by(dimension: Field | None, span: TimeRange, scope: Scope, tenant: Tenant, sources: Sources) -> MeasuredSpend:
    """All spend of the span whose lines and events meet the scope's filters; a segment of people does not concern it.

    `dimension` is what `by_value` tells apart. Sheets know channel and campaign; a line has no other value.
    """
    filters = _of_spend(scope.filters)
    from_sheets, sheets = of_sheets(sources.spend.all(tenant.id), span, scope.zone, filters, dimension)
    rows = sources.columns.rows(
        tenant.id,
        RowsQuestion(
            span,
            filters=filters,
            criteria=((RECORDED,),),
            fields=(dimension,) if dimension is not None else (),
            amounts=True,
        ),
    )
    return MeasuredSpend(from_sheets, tuple(_of_events(rows, dimension)), sheets)


def _of_spend(filters: Sequence[Filter]) -> tuple[Filter, ...]:
    """Without those on the action: which events a question is about says nothing about what was paid."""
    return tuple(one for one in filters if one.field.name != "action")


def _of_events(rows: EventRows, dimension: Field | None) -> list[SpendAt]:
    if rows.amounts is None or rows.currencies is None:
        return []
    found = []
    for row in range(len(rows)):
        if currency := rows.currencies.of(row):
            values = rows.fields[dimension.name].of(row) if dimension is not None else ()
            found.append(
                SpendAt(int(rows.at[row]), values[0] if values else None, int(rows.amounts[row]), str(currency[0]))
            )
    return found
