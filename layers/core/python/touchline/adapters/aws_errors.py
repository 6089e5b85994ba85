"""What a failure of an AWS service means to us: the one list of codes that a retry can heal."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import (
    ConnectionError as Unreachable,
)

from touchline.errors import StoreUnavailable

WORTH_RETRYING = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "KMSInternalException",
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
        # Credentials are refreshed and clocks corrected between two tries.
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "RequestTimeTooSkewed",
    }
)


@contextmanager
def as_our_errors(store: str) -> Iterator[None]:
    """Turn what a retry could heal into StoreUnavailable; anything else is a bug and stays itself."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code not in WORTH_RETRYING and status < 500:
            raise
        raise StoreUnavailable(f"{store} answered {code or status}.") from error
    except (Unreachable, HTTPClientError, IncompleteReadError, ResponseStreamingError) as error:
        raise StoreUnavailable(f"{store} cannot be reached.") from error
