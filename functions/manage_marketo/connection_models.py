"""Connections as they are sent and shown. Unknown members are refused, never ignored; a secret is never shown."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from touchline.domain.limits import NAME_CHARS
from touchline.domain.marketo.connections import CheckState
from touchline.domain.marketo.services import Kind

Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS)]
Credential = Annotated[str, Field(min_length=1, max_length=200)]
# Of a type that shows nothing of itself, wherever it may be printed.
Secret = Annotated[SecretStr, Field(min_length=1, max_length=200)]
Endpoint = Annotated[str, Field(max_length=300, examples=["https://123-abc-456.mktorest.com"])]


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ShareBody(Sent):
    """What Touchline may use of the instance, whose limits are for all its users together. What is left out stays as it
    is, or as is usual."""

    calls_a_day: int | None = Field(default=None, examples=[10_000])
    bytes_a_day: int | None = Field(default=None, examples=[500_000_000], description="Of bulk extracts.")
    calls_in_20_seconds: int | None = Field(default=None, examples=[45])
    calls_at_once: int | None = Field(default=None, examples=[4])


class NewConnection(Sent):
    name: Name
    endpoint: Endpoint
    client_id: Credential
    client_secret: Secret
    share: ShareBody = ShareBody()


class ConnectionPatch(Sent):
    """What is left out stays. New credentials are tried before they replace the old ones."""

    name: Name | None = None
    endpoint: Endpoint | None = None
    client_id: Credential | None = None
    client_secret: Secret | None = None
    share: ShareBody = ShareBody()


class ShareShown(BaseModel):
    calls_a_day: int
    bytes_a_day: int
    calls_in_20_seconds: int
    calls_at_once: int


class CheckShown(BaseModel):
    name: str
    state: CheckState
    message: str = Field(description="Where it failed: what Marketo said, and what would work.")
    needed_for: list[str] = Field(description="Kinds of service, or outcomes, that cannot do without.")


class ConnectionShown(BaseModel):
    id: str
    name: str
    endpoint: str
    client_id: str
    share: ShareShown
    verdict: Literal["ok", "limited", "failed"] = Field(
        description="`limited`: some kinds of service lack a permission; `failed`: the credentials are not good."
    )
    ready_for: list[Kind]
    checks: list[CheckShown]
    checked_at: datetime | None
    created_at: datetime
    changed_at: datetime


class ConnectionList(BaseModel):
    connections: list[ConnectionShown]


class ListShown(BaseModel):
    kind: Literal["static", "smart"]
    id: int
    name: str
    program: str | None = None
    workspace: str | None = None


class ListPage(BaseModel):
    lists: list[ListShown]
    next: str | None = Field(default=None, description="The cursor of the page that follows; null: there is none.")


class FieldShown(BaseModel):
    name: str = Field(description="As the REST API has it, and as rules name it.")
    display_name: str
    type: str
    length: int | None = None
    updateable: bool
    searchable: bool


class FieldList(BaseModel):
    fields: list[FieldShown]


class Used(BaseModel):
    used: int
    reserved: int
    share: int
    free: int


class ReservationShown(BaseModel):
    execution: str
    calls: int
    bytes: int


class QuotaShown(BaseModel):
    """Of the connection's day, which ends at midnight in the instance's zone."""

    day: str
    resets_at: datetime
    calls: Used
    bytes: Used
    reservations: list[ReservationShown]
