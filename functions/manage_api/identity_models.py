"""Who is who, as it is sent and answered."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from manage_api.models import Sent


class Merge(Sent):
    """`actor` is really `known`."""

    actor: str
    known: str
    merge_known: Annotated[
        bool, Field(description="They are one, although both were people of their own until now.")
    ] = False


class Identity(BaseModel):
    """That an actor is really another."""

    id: str
    actor: str
    known: str
    kind: Annotated[
        Literal["identify", "alias", "manual"], Field(description="By anonymous_id, by an alias, or by hand.")
    ]
    state: Literal["active", "refused", "undone"]
    code: Annotated[
        Literal["both_known", "too_many_actors", "claimed_earlier"] | None, Field(description="Why it was refused.")
    ] = None
    reason: Annotated[str | None, Field(description="The same in words.")] = None
    at: Annotated[datetime, Field(description="When it was first said.")]
    event: Annotated[str | None, Field(description="The document id of the event that said so first.")] = None
    changed_at: Annotated[datetime | None, Field(description="When it was last undone or done again.")] = None


class Identities(BaseModel):
    identities: list[Identity]
    next: Annotated[str | None, Field(description="`after` of the page that follows; null: there is none.")] = None


class Person(BaseModel):
    person: str
    actors: Annotated[list[str], Field(description="All ids of this person, its own first.")]
    identities: Annotated[list[Identity], Field(description="What is said of these ids, and what no longer counts.")]
