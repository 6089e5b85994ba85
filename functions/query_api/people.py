"""Who is behind a number of any answer: found by the same code as the number itself."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Literal

from pydantic import BaseModel, Field, ValidationError
from touchline.domain.queries.clock import zone_named
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest
from touchline.services.list_people import MOST_PEOPLE, list_people
from touchline.services.sources import Sources, Work

from query_api.answers import EventAnswer
from query_api.kind import AnswerTable, Behind, Cell, Kind
from query_api.problems import fault_of
from query_api.questions import Strict, Text

UNLESS_SAID: Final = 100
OWN: Final = ("cell", "cursor", "list", "question")  # fields of the request itself


class PeopleBody(Strict):
    """A number: the question that it answers, and which of the answer's numbers it is."""

    kind: Text = Field(examples=["funnel"], description="As in POST /v1/queries/<kind>.")
    question: dict[str, Any] = Field(description="The body as that kind takes it.")
    cell: dict[str, Any] = Field(default={}, description="Which number; what it takes depends on the kind.")
    list_: Literal["people", "events"] = Field(
        default="people", alias="list", description="Events of a time series only; at most 500 on a page."
    )
    limit: int = Field(
        default=UNLESS_SAID, ge=1, le=MOST_PEOPLE, description=f"As CSV {MOST_PEOPLE:,} unless given: a whole list."
    )
    cursor: Text | None = Field(default=None, description="`next` of the page before.")


class PersonAnswer(BaseModel):
    id: str | None = Field(description="null where the person's events are gone since.")
    actors: list[str] = Field(description="All ids that are this person, its own first.")


class PeopleAnswer(BaseModel):
    definition: str
    number: int = Field(description="Of all people, or events, of the list, whatever the page.")
    entries: int | None = Field(
        default=None, description="The number itself, where it counts entries: of a person there may be several."
    )
    as_of: str
    people: list[PersonAnswer] | None = None
    events: list[EventAnswer] | None = Field(default=None, description="In place of people, where asked for.")
    next: str | None = Field(description="The cursor of the next page; null on the last.")


def people_kind(kinds: Mapping[str, Kind[Any]]) -> Kind[PeopleBody]:
    """`kinds`: those with people behind their numbers, by name."""

    def answer(body: PeopleBody, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
        behind = _behind(body, kinds)
        question, cell = _asked(body, kinds)
        with _faults_within():
            if body.list_ == "events":
                return _events_of(behind, body)(question, cell, tenant, sources, now, body.limit, body.cursor)
            found = behind.people(question, cell, tenant, sources, now, work)
        zone = zone_named(body.question.get("time_zone") or tenant.time_zone)
        return list_people(found, tenant.id, zone, sources.columns, limit=body.limit, cursor=body.cursor)

    def check(body: PeopleBody, tenant: Tenant, now: int) -> None:
        _behind(body, kinds)
        question, _ = _asked(body, kinds)
        kind_check = kinds[body.kind].check
        if kind_check is not None:
            with _faults_within():
                kind_check(question, tenant, now)

    return Kind(
        name="people",
        operation="listPeople",
        body=PeopleBody,
        shape=PeopleAnswer,
        answer=answer,
        tables=_tables,
        summary="The people behind a number",
        description="Of a funnel's step, a cell of retention, an edge of paths, a bucket of a series, and others: who "
        "they are, page by page. The list is as long as the number says: one code finds both.",
        check=check,
        widest=_widest,
    )


def _widest(body: PeopleBody) -> PeopleBody:
    return body if "limit" in body.model_fields_set else body.model_copy(update={"limit": MOST_PEOPLE})


def _behind(body: PeopleBody, kinds: Mapping[str, Kind[Any]]) -> Behind[Any]:
    kind = kinds.get(body.kind)
    if kind is None or kind.behind is None:
        raise InvalidRequest(f"No kind {body.kind[:64]!r} has people to list. Kinds: {', '.join(kinds)}.", field="kind")
    return kind.behind


def _events_of(behind: Behind[Any], body: PeopleBody) -> Callable[..., dict[str, Any]]:
    if behind.events is None:
        raise InvalidRequest(f"A number of kind {body.kind} is one of people: list them.", field="list")
    return behind.events


def _asked(body: PeopleBody, kinds: Mapping[str, Kind[Any]]) -> tuple[BaseModel, BaseModel]:
    kind = kinds[body.kind]
    return _read(kind.body, body.question, "question"), _read(_behind(body, kinds).cell, body.cell, "cell")


def _read(shape: type[BaseModel], told: dict[str, Any], where: str) -> BaseModel:
    try:
        return shape.model_validate(told)
    except ValidationError as error:
        fault = fault_of(dict(error.errors()[0]))
        field = f"{where}.{fault['field']}"
        raise InvalidRequest(f"{field}: {fault['reason']}", field=field) from error


@contextmanager
def _faults_within() -> Iterator[None]:
    """A fault of the question is told by its place in this request."""
    try:
        yield
    except InvalidRequest as error:
        if error.field is not None and not error.field.startswith(OWN):
            error.field = f"question.{error.field}"
        raise


def _tables(answer: dict[str, Any]) -> list[AnswerTable]:
    if "events" in answer:
        columns = ("id", "timestamp", "action", "actor")
        return [
            AnswerTable(
                "events", columns, ([*(one[c] for c in columns[:3]), one["actor"]["id"]] for one in answer["events"])
            )
        ]
    return [
        AnswerTable("people", ("id", "actors"), ((one["id"], len(one["actors"])) for one in answer["people"])),
        AnswerTable("actors", ("id", "actor"), _actors(answer)),
    ]


def _actors(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for one in answer["people"]:
        for actor in one["actors"]:
            yield [one["id"], actor]
