"""Bulk imports: a file of changes, what became of it, and the rows that Marketo did not take."""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

import httpx

from touchline.adapters.marketo.ask import WRITE_SECONDS, Ask, read
from touchline.adapters.marketo.calls import Calls
from touchline.adapters.marketo.envelope import Body, check_file, read_whole, results
from touchline.adapters.marketo.reading import one_of, optional_number, optional_text, text, whole_number
from touchline.adapters.marketo.trouble import Missing
from touchline.domain.marketo.api import ImportJob, ImportState
from touchline.domain.marketo.limits import IMPORT_BYTES
from touchline.errors import MarketoUnavailable

type Row = dict[str, Any]

WRITE: Final = "Read-Write Lead"
READ: Final = "Read-Only Lead"
STATES: Final[tuple[ImportState, ...]] = ("Queued", "Importing", "Complete", "Failed")
ROOT: Final = "/bulk/v1/leads"


def import_leads(calls: Calls, file: bytes, lookup: str) -> ImportJob:
    """Once: whether a file that was cut off on its way is being imported, its asker decides by what it changes."""
    if len(file) > IMPORT_BYTES:
        raise ValueError(f"A file to import has at most {IMPORT_BYTES:,} bytes, not {len(file):,}.")
    query = {"format": "csv", "lookupField": lookup}
    ask = Ask("POST", f"{ROOT}.json", WRITE, "once", query=query, file=file, seconds=WRITE_SECONDS)
    return _only(calls.json(ask))


def get_import(calls: Calls, job: str) -> ImportJob | None:
    try:
        return _only(calls.json(read(f"{ROOT}/batch/{int(job)}.json", READ)))
    except Missing:
        return None


def import_rows(calls: Calls, job: str, which: str) -> Iterator[Row]:
    """`which`: failures or warnings; none where there is no such file."""
    ask = read(f"{ROOT}/batch/{int(job)}/{which}.json", READ)
    try:
        with calls.answered(ask, lambda response: _file(response, ask)) as body:
            yield from _rows(body)
    except Missing:
        return


def _file(response: httpx.Response, ask: Ask) -> bytes:
    body = read_whole(response, ask)
    check_file(response, body)
    return body


def _rows(body: bytes) -> Iterator[Row]:
    try:
        for row in csv.DictReader(io.StringIO(body.decode("utf-8", "replace"), newline="")):
            yield {name: value for name, value in row.items() if name is not None}
    except csv.Error:
        raise MarketoUnavailable("Marketo's list of refused rows cannot be read.") from None


def _only(body: Body) -> ImportJob:
    jobs = results(body)
    if len(jobs) != 1:
        raise MarketoUnavailable(f"Marketo answered with {len(jobs)} imports where one was asked for.")
    (one,) = jobs
    return ImportJob(
        str(whole_number(one, "batchId")),
        one_of(text(one, "status"), STATES),
        optional_number(one, "numOfLeadsProcessed"),
        optional_number(one, "numOfRowsFailed"),
        optional_number(one, "numOfRowsWithWarning"),
        optional_text(one, "message"),
    )
