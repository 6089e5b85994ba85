"""A kind of question: where it is asked, what it takes, how it is answered and how the answer reads as tables."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.sources import Sources, Work

type Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """`rows` may be a generator: a table is written out as it is made."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Behind[Body: BaseModel]:
    """Who is behind a number of a kind's answers, found by the same code as the number itself."""

    cell: type[BaseModel]  # which number, in the words of the answer; strict as bodies are
    people: Callable[[Body, Any, Tenant, Sources, int, Work], PeopleBehind]  # the Any: a `cell`
    # Where the number can be one of events: they themselves, as the last two say how many and from which cursor on.
    events: Callable[[Body, Any, Tenant, Sources, int, int, str | None], dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Kind[Body: BaseModel]:
    """POST /v1/queries/<name>."""

    name: str
    operation: str  # of the API's description
    body: type[Body]
    shape: type[BaseModel]  # of the answer, for the description only
    answer: Callable[[Body, Tenant, Sources, int, Work], dict[str, Any]]  # the int: now, in epoch ms
    tables: Callable[[dict[str, Any]], list[AnswerTable]]  # the first is the one that CSV means unless told
    summary: str
    description: str
    behind: Behind[Body] | None = None  # None: nobody is to be listed
    reads_events: bool = False  # single events, out of columns: how many there are says whether it can be waited for
    settles: bool = False  # once its range is over, only events and who is who change the answer: see remember_answers
    # Of answers that come in pages: the body that asks for as much as a page can hold, unless it says how much.
    widest: Callable[[Body], Body] | None = None
    check: Callable[[Body, Tenant, int], object] | None = None  # raises what `answer` would of the question alone
