"""What passes between Touchline and Marketo's REST API, in Marketo's own terms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JobKind = Literal["leads", "activities"]
JobState = Literal["Created", "Queued", "Processing", "Completed", "Failed", "Cancelled"]
ImportState = Literal["Queued", "Importing", "Complete", "Failed"]


@dataclass(frozen=True, slots=True)
class LeadField:
    """A field of leads by its REST name."""

    name: str
    display_name: str
    data_type: str  # string, email, integer, boolean, datetime, …
    length: int | None = None
    updateable: bool = True
    searchable: bool = False


@dataclass(frozen=True, slots=True)
class LeadList:
    kind: Literal["static", "smart"]
    id: int
    name: str
    program: str | None = None
    workspace: str | None = None


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """`filter` as Marketo takes it; `fields` are REST names; `format` is always CSV."""

    kind: JobKind
    fields: tuple[str, ...]
    filter: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExportJob:
    id: str
    kind: JobKind
    state: JobState
    records: int | None = None
    size: int | None = None  # bytes
    sha256: str | None = None  # 64 hex digits
    error: str | None = None
    created_at: int | None = None  # epoch ms


@dataclass(frozen=True, slots=True)
class ImportJob:
    id: str
    state: ImportState
    processed: int | None = None
    failed: int | None = None
    warned: int | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What became of one record of a call, in the order in which the records were sent."""

    id: int | None
    status: str  # updated, created, deleted, skipped, …
    code: str | None = None
    message: str | None = None
