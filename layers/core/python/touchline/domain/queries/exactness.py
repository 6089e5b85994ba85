"""Whether an answer is exact and, where it is an estimate, how far off it can be."""

from typing import Any

from touchline.domain.queries.cells import Cell
from touchline.domain.queries.measures import Measure
from touchline.domain.queries.tally import Tallied

# People are counted by 25-bit hashes up to the store's limit. Two of n people share one with a chance of n² / 2^26,
# which is corrected for on average: measured, see docs/reference/queries.md.
PEOPLE_EXACT = 1_000
ONE_BY_ONE_BOUND = "within 0.1 %"
# Sums travel as floating point numbers, which hold whole ten-thousandths up to here.
EXACT_SUM = 2**53


def exactness(measure: Measure, tallied: Tallied, *, chosen_within: int) -> dict[str, Any]:
    """`chosen_within`: the error bound of the choice of top values; their own numbers are counted anew."""
    found = (_people(measure, tallied), _percentiles(measure, tallied), _sums(measure, tallied))
    reasons = [reason for reason in found if reason]
    bound = reasons[0][0] if reasons else None
    notes = [note for _, note in reasons]
    if chosen_within:
        notes.append(
            f"A value that is not listed may have up to {chosen_within:,} events more than was known when the top "
            "values were chosen. The numbers of the listed ones are not concerned."
        )
    return {"exact": not reasons, "bound": bound, "notes": notes}


def _people(measure: Measure, tallied: Tallied) -> tuple[str, str] | None:
    most = max((cell.events for cell in _cells(measure, tallied, {"actors"})), default=0)
    if tallied.exact or most <= PEOPLE_EXACT:
        return None
    if most <= tallied.people_limit:
        return ONE_BY_ONE_BOUND, f"More than {PEOPLE_EXACT:,} different people are counted by short hashes."
    # A limit of n means at least 16/3 n registers; the standard error of the estimate is 1.04 / √registers.
    bound = 3 * 104 / (tallied.people_limit * 16 / 3) ** 0.5
    return (
        f"within {bound:.1f} % in 99.7 of 100 cases",
        f"More than {tallied.people_limit:,} different people are estimated (HyperLogLog++).",
    )


def _percentiles(measure: Measure, tallied: Tallied) -> tuple[str, str] | None:
    if tallied.exact or not any(part.percents for part in measure.parts):
        return None
    return "rank within 1 percentage point, less at both ends", "Percentiles are estimated (t-digest)."


def _sums(measure: Measure, tallied: Tallied) -> tuple[str, str] | None:
    if any(part.kind == "numbers" for part in measure.parts):
        return "within 1 in 10^15 of the sum of sizes", "Numeric properties are floating point numbers."
    amounts = (one for cell in _cells(measure, tallied, {"amounts"}) for _, one in cell.by_currency)
    if not tallied.exact and any(abs(one.total) >= EXACT_SUM for one in amounts):
        return "within 1 in 10^15", "A sum above 900,719,925,474 is rounded."
    return None


def _cells(measure: Measure, tallied: Tallied, kinds: set[str]) -> list[Cell]:
    at = [number for number, part in enumerate(measure.parts) if part.kind in kinds]
    return [cells[number] for row in tallied.rows for cells in (row.total, *row.buckets) for number in at]
