"""Every failure this system raises on purpose.

TouchlineError
├── Permanent                  retrying cannot help  → HTTP 4xx, or the message is set aside
│   ├── InvalidRequest         breaks its contract; says where, and what would work  422
│   │   ├── Malformed          cannot be read at all: not JSON, damaged gzip, cut    400
│   │   ├── UnknownField       no field of an event has that name; says which are close
│   │   ├── UnknownAction      the tenant never sent such an action; says which are close
│   │   ├── UnknownGoal        the tenant has no such goal; says which it has
│   │   ├── UnknownModel       no attribution model has that name; says which there are
│   │   ├── UnknownTimeZone    no IANA time zone has that name; says which are close
│   │   ├── InvalidRange       the range is empty, turned round or not a time
│   │   ├── RangeTooWide       more days than that kind of question reads; says how many would work
│   │   ├── InvalidInterval    not a length that buckets can have
│   │   ├── InvalidFilter      the filter does not fit its field
│   │   ├── TooManyBuckets     the answer would have more cells than its limit; says what would work
│   │   ├── InvalidSpend       lines of a spend sheet cannot be read; says which and why
│   │   ├── TooManyValues      more different values than an answer can tell; says what would work
│   │   └── TakesTooLong       not done in the longest time there is; says what would be quicker
│   ├── NotAuthenticated       no key, or a key that is not known                     401
│   │   ├── KeyExpired         the key was given an end, which has passed             401
│   │   └── KeyRevoked         the key was withdrawn                                  401
│   ├── NotAllowed             the key lacks the scope that the route needs           403
│   ├── NotFound               nothing of this tenant's has that name                 404
│   ├── Conflict               what is asked for contradicts what is there            409
│   │   ├── IdempotencyKeyReused   the same Idempotency-Key came with another body    409
│   │   ├── RequestInProgress  the same request is being worked on; says when to ask  409
│   │   ├── NotFinished        the answer is being worked on; says when to ask        409
│   │   └── Cancelled          the asker called the answer off                        409
│   ├── TooLarge               over a published limit                                 413
│   ├── RateLimited            over the tenant's rate; says when to come back         429
│   │   └── TooManyAnswers     as many as may be are waited for; says what to do      429
│   ├── MarketoRefused         Marketo said no, and time does not heal it; says what would work 422
│   │   ├── CredentialsRefused client id or secret are not, or no longer, good            422
│   │   └── PermissionMissing  the API user lacks a permission; says which                422
│   ├── PoisonMessage          a queue message that is not ours or is damaged
│   └── UnknownColumn          an archived event has a field that the archive has no column for
└── Transient                  retrying may help     → HTTP 503, or the message returns to its queue
    ├── StoreUnavailable       OpenSearch, DynamoDB, S3 or SQS timed out, throttled or refused
    ├── MarketoUnavailable     Marketo does not answer, or says that it cannot now
    ├── MarketoLimitReached    a day's calls or bytes, or a queue, are used up; says until when
    ├── WorkerLost             whoever worked on an answer ended without a word
    └── NotTakenUp             no worker was free for an answer in hours
"""

from collections.abc import Sequence
from typing import ClassVar


class TouchlineError(Exception):
    """`code` never changes and is for machines; `str(error)` is for people and says what would have worked."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Permanent(TouchlineError):
    """Retrying the same thing would fail the same way."""

    code = "permanent"
    status = 422


class InvalidRequest(Permanent):
    code = "invalid_request"


class Malformed(InvalidRequest):
    """What came is no request at all: nothing of it could be understood."""

    code = "malformed_request"
    status = 400


class UnknownField(InvalidRequest):
    code = "unknown_field"


class UnknownAction(InvalidRequest):
    code = "unknown_action"


class UnknownGoal(InvalidRequest):
    code = "unknown_goal"


class UnknownModel(InvalidRequest):
    code = "unknown_model"


class UnknownTimeZone(InvalidRequest):
    code = "unknown_time_zone"


class InvalidRange(InvalidRequest):
    code = "invalid_range"


class RangeTooWide(InvalidRequest):
    code = "range_too_wide"


class InvalidInterval(InvalidRequest):
    code = "invalid_interval"


class InvalidFilter(InvalidRequest):
    code = "invalid_filter"


class TooManyBuckets(InvalidRequest):
    code = "too_many_buckets"


class TooManyValues(InvalidRequest):
    code = "too_many_values"


class InvalidSpend(InvalidRequest):
    """`faults`: the first hundred, each with its line, its column and the reason."""

    code = "invalid_spend"

    def __init__(self, faults: Sequence[tuple[int, str, str]]) -> None:
        line, column, reason = faults[0]
        more = f" {len(faults) - 1:,} more faults are listed." if len(faults) > 1 else ""
        where = f"Line {line}, {column}" if column else f"Line {line}"
        super().__init__(f"Nothing was taken. {where}: {reason}{more}", field=column or None)
        self.faults = list(faults[:100])


class TakesTooLong(InvalidRequest):
    """A question's time is up: who can wait is answered later, who cannot has to ask for less."""

    code = "takes_too_long"


class NotAuthenticated(Permanent):
    code = "not_authenticated"
    status = 401


class KeyExpired(NotAuthenticated):
    code = "key_expired"


class KeyRevoked(NotAuthenticated):
    code = "key_revoked"


class NotAllowed(Permanent):
    code = "not_allowed"
    status = 403


class NotFound(Permanent):
    code = "not_found"
    status = 404


class FilesExpired(NotFound):
    """Files of an execution that were kept for as long as they are kept."""

    code = "files_expired"


class Conflict(Permanent):
    code = "conflict"
    status = 409


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"


class RequestInProgress(Conflict):
    code = "request_in_progress"

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class NotFinished(Conflict):
    code = "not_finished"

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Cancelled(Conflict):
    code = "cancelled"


class TooLarge(Permanent):
    code = "too_large"
    status = 413


class RateLimited(Permanent):
    code = "rate_limited"
    status = 429

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooManyAnswers(RateLimited):
    code = "too_many_answers"


class MarketoRefused(Permanent):
    """`marketo_code`: as Marketo's table of errors has it, where it said one."""

    code = "marketo_refused"

    def __init__(self, message: str, *, marketo_code: str | None = None, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.marketo_code = marketo_code


class CredentialsRefused(MarketoRefused):
    code = "marketo_credentials_refused"


class PermissionMissing(MarketoRefused):
    code = "marketo_permission_missing"


class PoisonMessage(Permanent):
    code = "poison_message"


class UnknownColumn(Permanent):
    """A document has a field that the archive has no column for: it must get one before the document is compacted."""

    code = "unknown_column"


class Transient(TouchlineError):
    """The same thing may work later."""

    code = "transient"
    status = 503


class StoreUnavailable(Transient):
    code = "store_unavailable"


class MarketoUnavailable(Transient):
    """`marketo_code`: as Marketo's table of errors has it, where it answered at all."""

    code = "marketo_unavailable"

    def __init__(self, message: str, *, marketo_code: str | None = None) -> None:
        super().__init__(message)
        self.marketo_code = marketo_code


class MarketoLimitReached(Transient):
    """`limit`: daily_calls, daily_bytes, export_queue or import_queue; `until` (epoch ms): when to try again."""

    code = "marketo_limit_reached"

    def __init__(self, message: str, *, limit: str, until: int) -> None:
        super().__init__(message)
        self.limit = limit
        self.until = until


class WorkerLost(Transient):
    code = "worker_lost"


class NotTakenUp(Transient):
    code = "not_taken_up"
