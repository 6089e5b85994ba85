"""Executions as they are shown."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from touchline.domain.marketo.executions import Stage, StartedBy, State
from touchline.domain.marketo.services import Kind

from manage_marketo.connection_models import Sent
from manage_marketo.service_models import ListNamed


class ServiceNamed(BaseModel):
    """As it was when the execution began."""

    id: str
    name: str
    kind: Kind
    list: ListNamed | None
    rules: dict[str, Any]


class ProgressShown(BaseModel):
    stage: Stage
    stages: list[Stage] = Field(description="All, in order.")
    leads: int | None = Field(description="In the extract, when known.")
    done: int = Field(description="Of what the stage has to do.")
    of: int | None
    changes: int | None = Field(description="Leads whose values differ, when known.")
    estimated_end: datetime | None = Field(description="Of the whole execution; null: nobody can know.")
    seconds_by_stage: dict[str, int] = Field(
        description="What the stages took, without waits for a share or for Marketo to come back."
    )


class WaitingShown(BaseModel):
    reason: str
    code: str
    until: datetime = Field(description="When it is tried again.")


class ProblemShown(BaseModel):
    stage: Stage
    code: str
    message: str
    leads: list[int] = Field(description="Ids, at most 100; the report holds all.")


class UsageShown(BaseModel):
    calls: int
    bytes: int = Field(description="Of bulk extracts.")


class UndoBody(Sent):
    preview: bool = Field(
        default=False, description="Finds and reports what would change, and writes nothing to Marketo."
    )


class StartBody(UndoBody):
    full: bool = Field(default=False, description="Reads the whole list, also where its rules are `incremental`.")


class ExecutionShown(BaseModel):
    id: str
    service: ServiceNamed
    state: State
    preview: bool = Field(description="Nothing is written to Marketo.")
    full: bool = Field(description="A run over the whole list was asked for.")
    undoes: str | None = Field(description="The execution whose changes it takes back; null: it works by its rules.")
    undone_by: str | None = Field(description="The latest execution that takes its changes back, previews aside.")
    started_by: StartedBy
    attempt: int = Field(description="Counts resumes and approvals.")
    progress: ProgressShown
    waiting: WaitingShown | None
    plan: dict[str, Any]
    usage: UsageShown
    results: dict[str, Any]
    problems: list[ProblemShown]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ExecutionPageShown(BaseModel):
    executions: list[ExecutionShown]
    next: str | None = Field(default=None, description="The cursor of the page that follows; null: there is none.")


class LineShown(BaseModel):
    at: datetime
    stage: str
    message: str
    facts: dict[str, Any]


class LogShown(BaseModel):
    lines: list[LineShown]
    next: str | None = Field(description="What to ask for what comes later with; null: nothing was written yet.")


class FileShown(BaseModel):
    name: str
    size: int
    link: str = Field(description="Works without a key until `links_until`.")


class FilesShown(BaseModel):
    files: list[FileShown]
    links_until: datetime
    next: str | None = Field(default=None, description="The cursor of the page that follows; null: there is none.")


class FieldChange(BaseModel):
    field: str
    before: str | None
    after: str | None
    rule: str
    key: str = Field(description="A hash or an id, never an address.")
    reason: str


class MergeShown(BaseModel):
    group: int
    winner: int
    loser: int
    rule: str
    key: str
    reason: str


class GuardShown(BaseModel):
    group: int | None
    guard: str
    reason: str


class ExplanationShown(BaseModel):
    """Why a lead was changed, merged or left alone; in words, and as the tables have it."""

    lead: int
    words: list[str]
    changes: list[FieldChange]
    merges: list[MergeShown]
    quarantine: list[GuardShown]
