"""What answers about a goal's conversions have in common, for the description of the API."""

from pydantic import BaseModel, Field

from query_api.answers import AnswerHead, AttributionAge, IndexAge, Span


class GoalFacts(BaseModel):
    id: str
    version: int
    name: str
    definition: str
    deleted: bool


class BackfillFacts(Span):
    under_way: bool = Field(description="true: conversions of the past are still being looked for.")
    state: str
    version: int
    parts: int | None
    parts_done: int
    people: int
    conversions: int
    seconds_left: int | None


class AttributedHead(AnswerHead):
    index: IndexAge | None = None
    goal: GoalFacts
    backfill: BackfillFacts | None
    attribution: AttributionAge | None = None
