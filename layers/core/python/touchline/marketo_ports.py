"""What Marketo services need from the outside: an instance of Marketo, its ledger, stores, files, schedules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from touchline.domain.marketo.api import (
    ExportJob,
    ExportOrder,
    ImportJob,
    JobKind,
    LeadField,
    LeadList,
    RecordResult,
)
from touchline.domain.marketo.connections import Check, Connection
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.ledger import LedgerDay as LedgerDay
from touchline.domain.marketo.ledger import Reservation as Reservation
from touchline.domain.marketo.pacing import Caller, Turn
from touchline.domain.marketo.services import Group, ListKind, Schedule, Service

type Row = dict[str, Any]


class Marketo(Protocol):
    """One connection's instance. Every call is paced and counted in the connection's ledger, and repeated where the
    table of errors says that this is safe.

    Raises `MarketoLimitReached` where only time helps and says until when, `MarketoUnavailable` where Marketo does not
    answer in the time that one function has, `MarketoRefused` (or one of its kinds) where repeating cannot help.
    """

    def check(self) -> list[Check]:
        """Tries the credentials and each permission that a service may need; writes nothing."""

    def fields(self) -> list[LeadField]: ...

    def create_fields(self, fields: Sequence[LeadField]) -> None:
        """Harmless for those that are there with the same type."""

    def lists(self, kind: ListKind, *, name: str = "", offset: int = 0, limit: int = 200) -> list[LeadList]:
        """Those whose name contains `name`, whatever its case; Marketo searches exact names only, so we filter."""

    def get_list(self, kind: ListKind, list_id: int) -> LeadList | None: ...

    def smart_list_rules(self, list_id: int) -> Mapping[str, Any] | None:
        """As its asset shows them: `filterMatchType`, `filters`, …; None where there is no such list."""

    def begun_at(self) -> int:
        """Epoch ms: when the instance got its first folder, before which it had no lead. Raises `MarketoRefused` where
        it shows none."""

    def activity_types(self) -> Mapping[int, str]: ...

    def calls_today(self) -> int:
        """Of all users of the instance."""

    def create_export(self, order: ExportOrder) -> ExportJob: ...

    def enqueue_export(self, kind: JobKind, job: str) -> ExportJob:
        """Harmless for a job that was enqueued before."""

    def get_export(self, kind: JobKind, job: str) -> ExportJob | None: ...

    def exports(self, kind: JobKind, states: Sequence[str] = ()) -> list[ExportJob]:
        """Our own of the last seven days."""

    def cancel_export(self, kind: JobKind, job: str) -> None:
        """Harmless for a job that ended."""

    def read_export(self, kind: JobKind, job: str, start: int, end: int) -> Iterator[bytes]:
        """The file's bytes [start, end) in pieces. Raises `MarketoUnavailable` where it is cut short: go on from the
        byte that was reached; `NotFound` where there is no file (yet), although the job is done.
        """

    def import_leads(self, csv: bytes, *, lookup: str) -> ImportJob:
        """At most 10 MB; `lookup` = "id" changes leads and makes none."""

    def get_import(self, job: str) -> ImportJob | None: ...

    def import_failures(self, job: str) -> Iterator[Row]:
        """The rows that were refused, each with `Import Failure Reason`."""

    def import_warnings(self, job: str) -> Iterator[Row]: ...

    def leads(self, lookup: str, values: Sequence[str], fields: Sequence[str]) -> list[Row]:
        """Any number of values: asked 300 at once, halved where Marketo finds too many."""

    def update_leads(self, rows: Sequence[Row]) -> list[RecordResult]:
        """By id, at most 300; makes none."""

    def merge_leads(self, winner: int, losers: Sequence[int], *, in_crm: bool) -> None:
        """At most 25 losers, two records a call where `in_crm`. Never repeated by the client: after a time-out it
        raises `MarketoUnavailable`, and who asked reads the losers again before anything else.
        """


class QuotaLedger(Protocol):
    """What all executions of a connection use together. What is used and what is reserved never exceed the share."""

    def day(self, tenant: str, connection: Connection, now: int) -> LedgerDay: ...

    def reserve(self, tenant: str, connection: Connection, wanted: Reservation, now: int) -> None:
        """In place of the execution's earlier one. Raises `MarketoLimitReached` where the share has no room for it,
        until the next reset."""

    def use(
        self, tenant: str, connection: Connection, execution: str | None, *, calls: int = 0, size: int = 0, now: int
    ) -> None:
        """Taken from the execution's reservation first. Raises `MarketoLimitReached` where the share is used up;
        what is not for an execution (`None`: checks, searches) counts as well. A negative `size` was said to be used
        and was not."""

    def release(self, tenant: str, connection: Connection, execution: str) -> None:
        """What it reserved and did not use is free for others. Harmless a second time."""


class Pace(Protocol):
    """One connection's rate and calls in flight, shared by all functions that talk to it."""

    def enter(self, tenant: str, connection: Connection, now: int, caller: Caller) -> Turn:
        """When the call may be made; the caller waits until then. Its place in flight is held until `leave`, or until
        it is forgotten because the caller died. Without a place nothing was granted: ask again."""

    def leave(self, tenant: str, connection: Connection, place: str) -> None:
        """Harmless a second time."""

    def slow_down(self, tenant: str, connection: Connection, now: int, *, code: str, until: int | None = None) -> None:
        """Marketo said 606, 615 or 607 (which holds until `until`): everybody waits, and afterwards goes slower for a
        while."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    text: str = field(repr=False)
    expires_at: int  # epoch ms


class AccessTokens(Protocol):
    """One token for a connection, whoever fetched it; encrypted where it is kept."""

    def get(self, tenant: str, connection: str) -> AccessToken | None: ...

    def put(self, tenant: str, connection: str, token: AccessToken) -> None: ...

    def lease(self, tenant: str, connection: str, now: int) -> bool:
        """Whether the caller is the one to fetch a new token; the others wait and look again. It ends by itself."""

    def give_back(self, tenant: str, connection: str) -> None:
        """The lease: a token was put, or could not be had. Harmless without one."""


class ClientSecrets(Protocol):
    """Secrets of connections. Written and used; nobody is ever answered with one."""

    def put(self, tenant: str, connection: str, secret: str) -> None: ...

    def get(self, tenant: str, connection: str) -> str:
        """Raises `NotFound`."""

    def delete(self, tenant: str, connection: str) -> None:
        """Harmless where there is none."""


class Connections(Protocol):
    """Of one tenant at a time."""

    def add(self, tenant: str, connection: Connection) -> None:
        """Raises `Conflict` where there is one of that name."""

    def get(self, tenant: str, connection: str) -> Connection | None: ...

    def all(self, tenant: str) -> list[Connection]:
        """By name."""

    def replace(self, tenant: str, connection: Connection) -> None:
        """Raises `Conflict` unless what is kept has the revision before."""

    def delete(self, tenant: str, connection: str) -> None: ...


class Groups(Protocol):
    """Of one tenant at a time."""

    def add(self, tenant: str, group: Group) -> None:
        """Raises `Conflict` where there is one of that name."""

    def get(self, tenant: str, group: str) -> Group | None: ...

    def all(self, tenant: str) -> list[Group]: ...

    def replace(self, tenant: str, group: Group) -> None: ...

    def delete(self, tenant: str, group: str) -> None: ...


class Services(Protocol):
    """Of one tenant at a time."""

    def add(self, tenant: str, service: Service) -> None:
        """Raises `Conflict` where its group has one of that name."""

    def get(self, tenant: str, service: str) -> Service | None: ...

    def all(self, tenant: str, *, connection: str | None = None, group: str | None = None) -> list[Service]: ...

    def replace(self, tenant: str, service: Service) -> None: ...

    def delete(self, tenant: str, service: str) -> None: ...


@dataclass(frozen=True, slots=True)
class ExecutionPage:
    executions: list[Execution]  # newest first
    after: str | None  # what to ask the next page with


class Executions(Protocol):
    """Of one tenant at a time."""

    def begin(self, execution: Execution, undone: Execution | None = None) -> None:
        """Raises `Conflict` where the service has one that has not ended, naming it; harmless where it is this one.
        One that was skipped is kept and holds nothing. `undone`, which has ended, is replaced in the same moment:
        both are kept or neither."""

    def get(self, tenant: str, execution: str) -> Execution | None: ...

    def under_way(self, tenant: str, service: str) -> Execution | None:
        """The service's execution that has not ended."""

    def replace(self, execution: Execution) -> None:
        """Raises `Conflict` unless what is kept has the revision before. An execution that ended frees its service;
        one that goes on after its end takes it again, or raises `Conflict` where another one has it."""

    def page(
        self, tenant: str, *, service: str | None = None, limit: int = 50, after: str | None = None
    ) -> ExecutionPage: ...


class ExecutionFiles(Protocol):
    """Objects of executions, by names such as `extract/part-00003.csv`; the same name written twice is one object."""

    def put(self, tenant: str, execution: str, name: str, body: bytes | BinaryIO) -> int:
        """Bytes written."""

    def get(self, tenant: str, execution: str, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Raises `NotFound`."""

    def open(self, tenant: str, execution: str, name: str) -> BinaryIO:
        """A file on this machine's disk, which ends when it is closed. Raises `NotFound`."""

    def names(self, tenant: str, execution: str, prefix: str = "") -> Iterable[str]:
        """In order."""

    def size(self, tenant: str, execution: str, name: str) -> int | None: ...

    def link(self, tenant: str, execution: str, name: str, seconds: int) -> str:
        """An address from which anybody can read the object for so long."""

    def delete(self, tenant: str, execution: str, prefix: str = "") -> None: ...


class ExecutionLog(Protocol):
    """What an execution did, line by line: stages, retries, waits with their reason. Never personal data."""

    def write(self, tenant: str, execution: str, at: int, stage: str, message: str, facts: Mapping[str, Any]) -> None:
        """The same line of the same moment written twice is one line."""

    def read(self, tenant: str, execution: str, after: str | None = None, limit: int = 200) -> tuple[list[Row], str]:
        """In order; what to ask for what came later with."""


class Schedules(Protocol):
    def put(self, tenant: str, service: str, schedule: Schedule, *, enabled: bool) -> None:
        """In place of the service's earlier one. Raises `InvalidRequest` where the scheduler refuses it."""

    def delete(self, tenant: str, service: str) -> None:
        """Harmless where there is none."""


class Notices(Protocol):
    """What others may want to know of, as events on a bus: executions that ended, wait, or ask for approval."""

    def tell(self, tenant: str, kind: str, facts: Mapping[str, Any]) -> None: ...
