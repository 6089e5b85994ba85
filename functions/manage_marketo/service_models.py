"""Groups and services as they are sent and shown."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from touchline.domain.marketo.incremental_runs import Because
from touchline.domain.marketo.planning import Source
from touchline.domain.marketo.services import Kind, ListKind, ServiceState

from manage_marketo.connection_models import Name, Sent

# A field of some is named `list`, as in the API.
Words = list[str]
Moments = list[datetime]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")]


class GroupBody(Sent):
    name: Name


class GroupShown(BaseModel):
    id: str
    name: str
    services: int
    created_at: datetime


class GroupList(BaseModel):
    groups: list[GroupShown]


class ListBody(Sent):
    kind: ListKind
    id: Annotated[int, Field(ge=1)]


class ScheduleBody(Sent):
    expression: Annotated[str, Field(max_length=200, examples=["cron(0 6 ? * MON-FRI *)", "rate(12 hours)"])]
    time_zone: Annotated[str, Field(max_length=64, examples=["Europe/Berlin"])] = "UTC"


class NewService(Sent):
    name: Name
    group: Id
    connection: Id
    kind: Kind
    list: ListBody | None = Field(default=None, description="Needed by every kind but activity_import.")
    rules: dict[str, Any] = Field(default={}, description="As the kind's reference has them; {} is a good start.")
    schedule: ScheduleBody | None = Field(default=None, description="null: by hand alone.")
    create_missing_fields: bool = Field(
        default=False, description="Creates custom fields that the rules write to; Marketo cannot delete them again."
    )


class ServicePatch(Sent):
    """What is left out stays. The rules are given whole."""

    name: Name | None = None
    group: Id | None = None
    list: ListBody | None = None
    rules: dict[str, Any] | None = None
    schedule: ScheduleBody | None = Field(default=None, description="null: by hand alone.")
    create_missing_fields: bool = False


class CloneBody(Sent):
    name: Name
    group: Id | None = None


class ListNamed(BaseModel):
    kind: ListKind
    id: int
    name: str


class ScheduleShown(BaseModel):
    expression: str
    time_zone: str


class ServiceShown(BaseModel):
    id: str
    group: str
    connection: str
    kind: Kind
    name: str
    list: ListNamed | None
    rules: dict[str, Any]
    description: Words = Field(description="The rules in words.")
    warnings: Words = Field(description="What is allowed and may surprise.")
    schedule: ScheduleShown | None
    next_runs: Moments = Field(description="The next five; none while the service is paused.")
    state: ServiceState
    created_at: datetime
    changed_at: datetime


class SavedServiceShown(ServiceShown):
    created_fields: Words = Field(default=[], description="Custom fields that were created in the instance.")


class ServiceList(BaseModel):
    services: list[ServiceShown]


class PlanBody(Sent):
    leads: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = Field(
        default=None, description="On the list, where you know; else of the latest execution."
    )


class PlanShown(BaseModel):
    """Nothing of it was asked of Marketo."""

    leads: int
    leads_from: Source
    columns: int
    bytes: int = Field(description="Of the extract.")
    calls: int
    calls_by_stage: dict[str, int]
    changes: int = Field(description="Leads that are written to.")
    changes_from: Source
    imports: int = Field(description="Files of at most 10 MB, two at a time.")
    merges: int
    days: int = Field(description="At the connection's share, from one reset to the next.")
    minutes: int = Field(description="On a day that is long enough; most of it Marketo's own time.")
    seconds_by_stage: dict[str, int]
    share_of_calls: float = Field(description="Of a day's share; over 1 it takes more than a day.")
    share_of_bytes: float
    incremental: bool | None = Field(
        description="Whether only what changed is to be read; null: the rules never ask for that. Which it is shows "
        "when the extract is ordered."
    )
    full_because: Because | None = Field(description="Why the whole list is to be read, where it is.")
    warnings: list[str]
    free_calls_today: int
    free_bytes_today: int
    fits_today: bool
