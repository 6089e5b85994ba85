"""What the core needs from the outside. Adapters match these by shape; stores have `Memory…` twins for tests."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol

from touchline.domain.answers import Answer
from touchline.domain.archive import ArchivedEvent
from touchline.domain.attributed import Attributed
from touchline.domain.conversions import PersonEvent, Placed
from touchline.domain.goals import Goal
from touchline.domain.identity import Claim, Edge, EdgeFilter
from touchline.domain.queries.catalogue import FieldUse, Newest, PropertyUse
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.listing import EventsQuestion
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Segment
from touchline.domain.queries.tally import Tallied, Tally, TopValues
from touchline.domain.rejected_events import RejectedCount, RejectedEvent, RejectedFilter
from touchline.domain.reports import Report
from touchline.domain.spend import SpendSheet
from touchline.domain.tenancy import ApiKey, Tenant

if TYPE_CHECKING:  # arrays need numpy, which only functions that read columns carry
    from touchline.domain.queries.attributed import AttributedQuestion, CohortQuestion, Cohorts, ConversionPage
    from touchline.domain.sequences.rows import EventRows, Extent, RowsQuestion

type Document = dict[str, Any]


# --- tenants and keys -------------------------------------------------------------------------------------------------


class Tenants(Protocol):
    def get(self, tenant: str) -> Tenant | None: ...

    def add(self, tenant: Tenant) -> None:
        """Raises Conflict if the id is taken."""

    def replace(self, tenant: Tenant) -> None: ...

    def all(self) -> list[Tenant]: ...


class ApiKeys(Protocol):
    def get(self, key_id: str) -> ApiKey | None: ...

    def add(self, key: ApiKey) -> None: ...

    def replace(self, key: ApiKey) -> None:
        """Raises Conflict where the stored key is revoked and `key`, read before that, is not."""

    def of_tenant(self, tenant: str) -> list[ApiKey]:
        """Oldest first, revoked ones included."""


class RateLimits(Protocol):
    def use(self, tenant: str, window: int, events: int, expires: int) -> int:
        """Add `events` to what the tenant used in the window that began at epoch second `window`; the new total."""


# --- events in --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """One queue message: a complete `_bulk` body of one tenant, compressed (see docs/architecture.md)."""

    tenant: str
    events: int
    rejected: int
    received_at: int  # epoch ms
    frame: bytes  # one zstd frame


@dataclass(frozen=True, slots=True)
class UnpackedBatch:
    """A queue message as it is worked on: the batch, and its frame decompressed."""

    batch: PackedBatch
    body: bytes


@dataclass(frozen=True, slots=True)
class SentEvents:
    """A request's events, decoded. What could not be decoded alone is its Rejection."""

    events: Sequence[object]
    sent_at: object | None  # as sent; None where the request does not say
    original: Callable[[int], bytes]  # the bytes of one event exactly as they came; costs a second reading


class EventBodies(Protocol):
    def read(self, body: bytes, content_type: str, content_encoding: str) -> SentEvents:
        """Raises InvalidRequest (not JSON, damaged gzip) or TooLarge."""


class EventPacking(Protocol):
    """Documents to queue messages and back; what is packed is a complete `_bulk` body."""

    def encode(self, document: Document) -> bytes: ...

    def lines(self, index: str, document_id: str, encoded: bytes) -> bytes:
        """The document with its action, ready for a `_bulk` body."""

    def pack(
        self, tenant: str, received_at: int, events: Sequence[bytes], rejected: Sequence[bytes]
    ) -> list[PackedBatch]:
        """As few batches as the queue's limit allows; none for nothing."""

    def unpack(self, message: str) -> UnpackedBatch:
        """Raises PoisonMessage."""


class EventQueue(Protocol):
    def send(self, batches: Sequence[PackedBatch]) -> None:
        """Durable when it returns. Raises StoreUnavailable; some batches may then have been sent (harmless: ids)."""

    def depth(self) -> int:
        """Messages waiting or being worked on, approximately."""


class Redelivery(Protocol):
    """When a message that could not be worked on comes again, and where one goes that never can be."""

    def postpone(self, receipt: str, seconds: int) -> None: ...

    def set_aside(self, text: str, reason: str) -> None:
        """Durable when it returns: the message may then leave its queue."""


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What became of one document of a bulk body, in the body's order."""

    kind: Literal["created", "duplicate", "refused", "blocked", "retry"]
    reason: str = ""  # for refused (the mapping's cause), blocked (the index is read-only) and retry


class RejectedEvents(Protocol):
    """Events set aside, of one tenant at a time: another's are not there."""

    def get(self, tenant: str, rejected_id: str) -> RejectedEvent | None: ...

    def some(self, tenant: str, rejected_ids: Sequence[str]) -> list[RejectedEvent]:
        """Those of the ids that are there, newest first."""

    def page(
        self, tenant: str, wanted: RejectedFilter, *, limit: int, before: int | None, originals: bool = True
    ) -> list[RejectedEvent]:
        """Newest first, from before the sequence `before`; without `originals` what was sent is left out."""

    def count(self, tenant: str, wanted: RejectedFilter, *, before: int | None = None) -> int: ...

    def summary(self, tenant: str, wanted: RejectedFilter) -> list[RejectedCount]:
        """By code and field, most frequent first. They add up to `count`; rare fields of a code are counted as None."""

    def mark_replayed(self, replayed: Sequence[tuple[RejectedEvent, str]]) -> None:
        """Each with the id of the event it became. Visible to the next call."""


class EventIndex(Protocol):
    """The writing side of the search store."""

    def bulk(self, body: bytes) -> list[ItemOutcome]:
        """Send a `_bulk` body. Raises StoreUnavailable where the whole request failed (429, 5xx, time-out)."""

    def reopen(self, index: str) -> None:
        """Make a read-only day writable again, for events that come late."""

    def delete(self, index: str, ids: Sequence[str]) -> int:
        """Delete documents by id; how many were there."""


class Archive(Protocol):
    """Objects in the archive bucket, by key."""

    def put(self, key: str, body: bytes) -> None: ...

    def get(self, key: str) -> bytes:
        """The whole object, verified against its length and checksum. Raises NotFound, StoreUnavailable."""

    def keys(self, prefix: str, after: str = "") -> Iterable[str]:
        """All keys under a prefix in order, without a limit, from after `after`."""

    def sizes(self, prefix: str, after: str = "") -> Iterable[tuple[str, int]]:
        """The same, each with the bytes of its object."""

    def size(self, key: str) -> int: ...

    def delete(self, keys: Sequence[str]) -> None: ...


class Progress(Protocol):
    """Small facts about work done, for status pages. Last write wins."""

    def put(self, pk: str, sk: str, facts: Mapping[str, Any]) -> None: ...

    def get(self, pk: str, sk: str) -> dict[str, Any] | None: ...

    def newest(self, pk: str, limit: int) -> list[dict[str, Any]]:
        """By sk, newest (largest) first; each with its `sk`."""


# --- the archive's work -----------------------------------------------------------------------------------------------


class Batches(Protocol):
    """The batches of the archive, event by event."""

    def events(self, key: str) -> Iterator[ArchivedEvent]:
        """The events of a batch as they were accepted, without its rejected documents. Raises NotFound."""


@dataclass(frozen=True, slots=True)
class MergedDay:
    """A tenant's day with its new events in it and without those that lost to another day."""

    events: bytes  # Parquet, sorted by actor and time
    ids: bytes  # Parquet: each event's `_id` and sequence
    rows: int


class Merge(Protocol):
    """One tenant's new events, and what the archive knows of their ids. Of an id's versions the one accepted first
    (smallest sequence, then the earlier day, then by content) counts, in whatever order they are added."""

    def add(self, events: Iterable[ArchivedEvent]) -> None: ...

    def add_ids(self, day: str, ids: bytes) -> None:
        """What the archive already has on `day`. Called after the last `add`: only ids that were added are kept."""

    def changed_days(self) -> list[str]:
        """Days with new events, and days of the archive that lost one to another day."""

    def losers(self) -> dict[str, list[str]]:
        """By day, the ids whose version of that day does not count because of another day's."""

    def merge(self, day: str, current: bytes | None) -> MergedDay:
        """The day anew; `current` is its present Parquet file."""

    def contested(self, day: str, current: bytes | None) -> list[ArchivedEvent]:
        """What counts of the ids that came to this day with differing content (sequence aside)."""

    def concerned(self, day: str, current: bytes | None) -> list[str]:
        """The actors of a day's versions of such ids, and of those that came to several days."""

    def arrivals(self, day: str) -> Iterator[ArchivedEvent]:
        """The new events of a day that count and that the archive does not yet have."""

    def waiting_actions(self, day: str, before: int) -> dict[str, int]:
        """New ids of a day by action, of those with a sequence below `before`: also such as lose to another day, for
        the index has them until a compaction."""


class EventFiles(Protocol):
    """What the archive's Parquet files hold."""

    def merging(self) -> AbstractContextManager[Merge]:
        """A merge in bounded memory, with files of its own that are gone when it ends."""

    def ids(self, events: bytes) -> bytes:
        """The file of ids that belongs to a file of events."""

    def columns(self, tenant: str, day: str, events: bytes, sha256: str) -> Mapping[str, bytes]:
        """The files of columns that belong to a file of events, by their keys in the archive."""

    def count(self, events: bytes) -> tuple[int, int]:
        """Rows and distinct ids."""

    def read(self, day: str, events: bytes, start: int = 0, rows: int | None = None) -> Iterator[ArchivedEvent]:
        """The events in the file's order, each document as it was accepted."""

    def count_actions(self, events: bytes, before: int) -> dict[str, int]:
        """Events by action, of those with a sequence below `before`."""


class Leases(Protocol):
    """Who may do what only one may do at a time."""

    def take(self, name: str, owner: str, now: int, until: int) -> bool:
        """Whether `owner` has it until `until` (epoch ms): it was free, had run out by `now`, or was the owner's."""

    def give_back(self, name: str, owner: str) -> None:
        """Free it, if `owner` still has it."""


class EventCounts(Protocol):
    """How many events of each tenant and action the search store has."""

    def of_day(self, day: str, before: int) -> dict[tuple[str, str], int]:
        """By tenant and action, of the events with a sequence below `before`; exact."""


@dataclass(frozen=True, slots=True)
class DayIndex:
    """An index of one day (or of a month of conversions, by its last day), as maintenance sees it."""

    name: str
    kind: Literal["events", "rejected", "conversions"]
    day: date
    read_only: bool
    merged: bool  # one segment a shard, and no deleted documents in it


class DayIndices(Protocol):
    """The search store's indices of single days."""

    def all(self) -> list[DayIndex]:
        """Oldest first."""

    def newest(self, name: str) -> int:
        """When the latest accepted of its documents was received, in epoch ms; 0 without documents."""

    def drop(self, name: str) -> None:
        """Delete an index; harmless where it is gone."""

    def merge(self, name: str) -> None:
        """One segment for each shard. Returns when it is done."""

    def close_for_writing(self, name: str) -> None: ...


# --- answers out ------------------------------------------------------------------------------------------------------


class EventSearch(Protocol):
    """The reading side. There is no call that writes; the tenant filter is added here and nowhere else."""

    def search(self, tenant: str, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Run a search whose hits and aggregations are limited to the tenant. Raises StoreUnavailable."""


class EventReports(Protocol):
    """Questions about one tenant's events, in the words of the domain. Each call raises StoreUnavailable."""

    def kept_from(self, now: int) -> int:
        """Events that happened before have left this store; all in epoch ms."""

    def tally(self, tenant: str, tally: Tally) -> Tallied: ...

    def top_values(self, tenant: str, span: TimeRange, filters: Sequence[Filter], field: Field, top: int) -> TopValues:
        """The values with the most events; of equal ones the first in the order of text."""

    def page(self, tenant: str, question: EventsQuestion) -> list[Document]:
        """Up to `limit` + 1 events, in order of `@timestamp`, then `sequence`."""

    def field_uses(self, tenant: str, span: TimeRange, fields: Sequence[str], examples: int) -> list[FieldUse]: ...

    def property_uses(self, tenant: str, span: TimeRange, examples: int) -> tuple[list[PropertyUse], bool]:
        """By falling number of events; and whether these are all keys."""

    def actions(self, tenant: str, span: TimeRange) -> list[str]: ...

    def newest(self, tenant: str, span: TimeRange) -> Newest | None:
        """None without events in the range."""


class EventColumns(Protocol):
    """One tenant's events as arrays, people resolved: archived days and what was archived since. Exact.

    Each call raises StoreUnavailable.
    """

    def rows(self, tenant: str, question: "RowsQuestion") -> "EventRows": ...

    def extent(self, tenant: str, span: TimeRange) -> "Extent": ...

    def reading_seconds(self, tenant: str, span: TimeRange) -> float:
        """Roughly what it takes to read what a question over the span needs and this process does not hold yet."""

    def version(self, tenant: str, span: TimeRange) -> str:
        """Another one whenever a question over the span may be answered otherwise, by new events or by who is who.

        Versions of one process are compared, never kept.
        """

    def tally(self, tenant: str, tally: Tally, segment: Segment | None = None) -> Tallied:
        """What EventReports says, with people resolved, of a segment's people only where one is given."""

    def top_values(
        self,
        tenant: str,
        span: TimeRange,
        filters: Sequence[Filter],
        field: Field,
        top: int,
        segment: Segment | None = None,
    ) -> TopValues: ...

    def actors(self, tenant: str, people: Sequence[int]) -> dict[int, list[str]]:
        """By `person_key`: the actor ids that are this person, its own id first. Without those that are not known."""


# --- answers and questions that are kept ------------------------------------------------------------------------------


class Answers(Protocol):
    """Answers that are worked on later, for a week."""

    def get(self, tenant: str, answer_id: str) -> Answer | None: ...

    def add(self, answer: Answer) -> None:
        """Raises Conflict if the id is taken."""

    def replace(self, answer: Answer) -> None:
        """Raises Conflict unless what is kept is the revision before it."""

    def unfinished(self, tenant: str) -> list[Answer]:
        """Those kept as waiting or working, their questions and problems left out; a moment late."""


class Jobs(Protocol):
    """A queue of things to do, each a short text."""

    def send(self, text: str) -> None:
        """Durable when it returns."""


class Results(Protocol):
    """Files of answers, for a week; by key."""

    def put(self, key: str, file: BinaryIO) -> int:
        """From where the file stands; the number of bytes."""

    def get(self, key: str) -> bytes:
        """Raises NotFound."""

    def link(self, key: str, name: str, content_type: str) -> str:
        """An address to fetch it from for a quarter of an hour, without a key, under the file name `name`."""


class Reports(Protocol):
    """Saved questions."""

    def get(self, tenant: str, report_id: str) -> Report | None: ...

    def add(self, report: Report) -> None:
        """Raises Conflict if the id is taken."""

    def replace(self, report: Report) -> None:
        """Raises Conflict unless what is kept is the revision before it."""

    def delete(self, tenant: str, report_id: str) -> None:
        """Harmless where it is gone."""

    def of_tenant(self, tenant: str) -> list[Report]:
        """Oldest first."""


# --- people -----------------------------------------------------------------------------------------------------------


class ClaimReader(Protocol):
    def read(self, body: bytes) -> list[Claim]:
        """What the events of a `_bulk` body say about who is who, without what they say of themselves."""


class Identities(Protocol):
    """Which actors are the same person. An actor that was never merged is a person of its own, and is not kept here."""

    def claim(self, tenant: str, claims: Sequence[Claim]) -> list[str]:
        """Take in what events say. In any order and any number of times the same state; the actors whose person this
        changed, those they are now or were joined with included."""

    def people(self, tenant: str, actors: Iterable[str]) -> dict[str, str]:
        """The person of each actor that was asked for: the id of the known actor it belongs to, or its own."""

    def members(self, tenant: str, people: Iterable[str]) -> dict[str, list[str]]:
        """All actors of each person, its own id first."""

    def merged(self, tenant: str) -> Mapping[str, str]:
        """Every merged actor with its person. Cheap to ask again: only what changed is read."""

    def edge(self, tenant: str, edge_id: str) -> Edge | None: ...

    def own_edges(self, tenant: str, actors: Iterable[str]) -> list[Edge]:
        """What is said of who these actors really are."""

    def edges(self, tenant: str, wanted: EdgeFilter, *, limit: int, after: str | None) -> tuple[list[Edge], str | None]:
        """A page of edges, and where the next begins; None after the last.

        An actor's edges stay together, so that a page may be longer by those of one; and where few are wanted, shorter.
        Raises InvalidRequest where `after` is not from such a page.
        """

    def change(self, tenant: str, edge: Edge, now: int) -> list[str]:
        """Keep an edge's new state (undone, or active again); the actors whose person this changed."""


# --- goals ------------------------------------------------------------------------------------------------------------


class Goals(Protocol):
    """Every version of every goal, of one tenant at a time."""

    def get(self, tenant: str, goal_id: str, version: int | None = None) -> Goal | None:
        """The current version, or that one; of a deleted goal only a version that is asked for."""

    def of_tenant(self, tenant: str) -> list[Goal]:
        """The current versions of those that are not deleted, oldest goal first."""

    def versions(self, tenant: str, goal_id: str) -> list[Goal]:
        """Newest first; of a deleted goal, too."""

    def add(self, tenant: str, goal: Goal) -> None:
        """Raises Conflict if the id is taken."""

    def replace(self, tenant: str, goal: Goal, expected: int) -> None:
        """Keep `goal` as the current version. Raises Conflict unless `expected` is the current one, not deleted."""


# --- attribution ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangedPeople:
    """Whose conversions are to be computed anew, one queue message."""

    tenant: str
    actors: Sequence[str]
    since: int = 0  # epoch ms of the earliest event that changed; 0: everything
    reason: str = ""
    forget_goal: str | None = None  # delete what is stored of a goal instead


class AttributionQueue(Protocol):
    """What is sent comes after a delay in which the search store has made visible what was written before."""

    def send(self, changed: ChangedPeople, *, seconds: int | None = None) -> None:
        """In as many messages as it takes; `seconds`: another delay, at most 900. Durable when it returns."""


class ActorFinder(Protocol):
    """Reads `_bulk` bodies without parsing what does not matter."""

    def find(self, body: bytes, always: Collection[str], late: Collection[str], before: int) -> dict[str, int]:
        """The actors with an event of an action in `always`, or of one in `late` that happened by `before` (epoch ms);
        each with the time of its earliest such event."""


class PersonEvents(Protocol):
    """Events of some people, in no order; one that was indexed on two days comes twice. Raises StoreUnavailable.

    They have what conversions and touches are told with, properties in order and each once, and the `asked` fields.
    """

    def of_actors(
        self,
        tenant: str,
        actors: Sequence[str],
        actions: Collection[str],
        span: TimeRange,
        most: int,
        asked: Collection[str] = (),
    ) -> list[PersonEvent] | None:
        """All of them; None where they are more than `most`."""

    def ends_of(
        self,
        tenant: str,
        actors: Sequence[str],
        actions: Collection[str],
        span: TimeRange,
        *,
        first: int = 0,
        latest: int = 0,
        asked: Collection[str] = (),
    ) -> tuple[list[PersonEvent], int]:
        """The first and the latest so many (by time and sequence; 10,000 at most), and how many there are in all."""


class ConversionStore(Protocol):
    """Conversion and membership documents."""

    def of_people(self, tenant: str, people: Sequence[str], goals: Collection[str]) -> list[Placed]:
        """What is stored of them: conversions of these goals and memberships, with what decides whether they stay
        as they are; of a conversion neither its touches nor its value."""

    def whole(self, places: Sequence[tuple[str, str]]) -> list[Placed]:
        """Conversions with their touches, by index and id; those that are there."""

    def write(self, documents: Sequence[Placed], gone: Sequence[Placed], computed_at: int) -> None:
        """Write and delete; what was computed later stays. Raises StoreUnavailable: some may then be written."""

    def forget_goal(self, tenant: str, goal_id: str) -> None:
        """Begin to delete all documents of a goal."""


class ConversionReports(Protocol):
    """What conversions and memberships come to. Reads only; each call raises StoreUnavailable."""

    def attributed(self, tenant: str, question: "AttributedQuestion") -> Attributed:
        """Exact. Raises TooManyValues. A touch with several values is counted whole for each (see `adds_up`)."""

    def page(self, tenant: str, page: "ConversionPage") -> list[Document]:
        """Conversion documents with their touches and `_id`."""

    def get(self, tenant: str, conversion_id: str) -> Document | None: ...

    def cohorts(self, tenant: str, question: "CohortQuestion") -> "dict[str, Cohorts]":
        """By value, each that was asked for."""

    def members(self, tenant: str, question: "CohortQuestion", *, converted: bool) -> list[Document]:
        """The memberships behind `cohorts`: all who entered, or those who converted."""


# --- spend ------------------------------------------------------------------------------------------------------------


class SpendSheets(Protocol):
    """What was spent, as uploaded in sheets that have names; of one tenant at a time."""

    def put(self, tenant: str, sheet: SpendSheet) -> None:
        """In place of the sheet with the same name."""

    def get(self, tenant: str, name: str) -> SpendSheet | None: ...

    def all(self, tenant: str) -> list[SpendSheet]:
        """By name."""

    def delete(self, tenant: str, name: str) -> None:
        """Harmless where there is none."""


class Workflows(Protocol):
    """One state machine."""

    def start(self, name: str, facts: Mapping[str, Any]) -> None:
        """Start an execution. Harmless where one of that name was started before."""
