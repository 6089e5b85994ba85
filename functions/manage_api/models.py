"""What management is sent and answers, as its OpenAPI page shows it. Unknown members are refused, never ignored."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from touchline.domain.limits import NAME_CHARS
from touchline.domain.tenancy import Scope
from touchline.services.replay_rejected import REPLAYED_AT_ONCE

DAY_HOURS = 24
LONGEST_GRACE_HOURS = 30 * DAY_HOURS  # a secret that must go should not stay for months by oversight


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewKey(Sent):
    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS)]
    scopes: Annotated[list[Scope], Field(min_length=1)]
    expires_at: AwareDatetime | None = None


class Rotation(Sent):
    grace_hours: Annotated[float, Field(ge=0, le=LONGEST_GRACE_HOURS)] = DAY_HOURS


class Key(BaseModel):
    id: str
    name: str
    scopes: list[Scope]
    state: Literal["active", "expired", "revoked"]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    previous_secret_until: datetime | None = None


class IssuedKey(Key):
    key: Annotated[str, Field(description="With the secret. Shown this once.")]


class Keys(BaseModel):
    keys: list[Key]


class Rejected(BaseModel):
    id: str
    received_at: datetime
    code: str
    field: str | None = None
    reason: str
    event_id: str | None = None
    state: Literal["open", "replayed"]
    replayed_as: str | None = None


class RejectedWithOriginal(Rejected):
    original: Annotated[str | None, Field(description="As it was sent, where it is UTF-8.")] = None
    original_base64: Annotated[str | None, Field(description="As it was sent, where it is not UTF-8.")] = None
    original_size: Annotated[int | None, Field(description="Bytes; only where the original was cut.")] = None


class RejectedPage(BaseModel):
    rejected_events: list[Rejected]
    next: Annotated[str | None, Field(description="The cursor of the page that follows; null: there is none.")] = None


class Reason(BaseModel):
    code: str
    field: str | None = None
    count: int


class Summary(BaseModel):
    total: int
    reasons: list[Reason]


class Correction(Sent):
    event: Annotated[dict[str, Any] | None, Field(description="Takes the place of what was sent.")] = None


class Selection(Sent):
    """Open rejected events by `ids`, or those that `code`, `field`, `from` and `to` take."""

    ids: Annotated[list[str] | None, Field(min_length=1, max_length=REPLAYED_AT_ONCE)] = None
    code: str | None = None
    field: str | None = None
    since: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until: Annotated[AwareDatetime | None, Field(alias="to")] = None
    set: Annotated[dict[str, Any], Field(description="Values by path, as actor.id; null removes the field.")] = {}
    limit: Annotated[int, Field(ge=1, le=REPLAYED_AT_ONCE)] = REPLAYED_AT_ONCE
    cursor: str | None = None


class Replayed(BaseModel):
    id: str
    status: Literal["replayed", "already_replayed", "rejected", "not_found"]
    event_id: str | None = None
    code: str | None = None
    field: str | None = None
    reason: str | None = None


class ReplayedMany(BaseModel):
    replayed: int
    already_replayed: int
    rejected: int
    results: list[Replayed]
    left: Annotated[int, Field(description="Open ones that the filter takes and this call did not reach.")]
    next: str | None = None


class SpendLine(BaseModel):
    date: str
    channel: str | None
    campaign: str | None
    amount: str
    currency: str


class SpendSheetFacts(BaseModel):
    name: str
    uploaded_at: datetime
    lines: int
    first_day: str | None
    last_day: str | None
    totals: Annotated[dict[str, str], Field(description="By currency.")]


class SpendSheetDetail(SpendSheetFacts):
    rows: list[SpendLine]


class SpendSheetList(BaseModel):
    sheets: list[SpendSheetFacts]
