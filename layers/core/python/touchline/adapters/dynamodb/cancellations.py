"""Why DynamoDB did not take a transaction."""

from typing import Any, Final

from touchline.errors import StoreUnavailable

PASSING: Final = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"})


def refused_places(error: Any, store: str) -> list[int]:
    """Which of its writes did not meet their condition, by place. Raises StoreUnavailable for what a retry heals."""
    codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
    refused = [place for place, code in enumerate(codes) if code == "ConditionalCheckFailed"]
    passing = PASSING.intersection(codes)
    if passing and not refused:
        raise StoreUnavailable(f"{store} answered {', '.join(sorted(passing))}.") from error
    return refused
