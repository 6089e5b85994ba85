"""Goals as they are sent and shown."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from touchline.adapters.goal_body import GoalBody, Strict, Text


class GoalChange(GoalBody):
    """The whole goal anew."""

    version: int = Field(ge=1, description="The version that the change was made from: another meanwhile is a 409.")


class BackfillRequest(Strict):
    """All that is kept, unless said."""

    from_: Text | None = Field(default=None, alias="from", examples=["2026-01-01"])
    to: Text | None = Field(default=None, description="Now, unless said.")


class BackfillShown(BaseModel):
    """How far the conversions of the goal's past are. People with a conversion or an entry in [from, to) are computed,
    each with all events that are kept."""

    state: Literal["running", "done", "failed", "cancelled"]
    version: int = Field(description="Of the goal.")
    from_: datetime = Field(alias="from")
    to: datetime
    started_at: datetime
    parts: int | None = Field(description="null until it is planned.")
    parts_done: int
    people: int
    conversions: int
    seconds_left: int | None = Field(description="An estimate.")
    reason: str | None = Field(default=None, description="Why it failed.")


class GoalVersionShown(BaseModel):
    id: str
    version: int
    name: str
    criteria: list[dict[str, Any]]
    counted: Literal["once", "every"]
    value: dict[str, Any]
    touch_actions: list[str]
    lookback: str
    half_life: str
    conversion_window: str | None
    direct_channels: list[str]
    description: str = Field(description="The goal in words.")
    created_at: datetime
    changed_at: datetime
    deleted: bool = False


class GoalShown(GoalVersionShown):
    backfill: Annotated[BackfillShown | None, Field(description="null: its past was never computed.")] = None
    notes: list[str] = Field(default=[], description="What may be a mistake, as an action that nobody has sent lately.")


class GoalList(BaseModel):
    goals: list[GoalShown]


class GoalVersions(BaseModel):
    versions: list[GoalVersionShown]
