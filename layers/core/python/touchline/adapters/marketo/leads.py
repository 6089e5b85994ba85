"""Leads: looked up, changed by id, merged."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson

from touchline.adapters.marketo.ask import MERGE_SECONDS, WRITE_SECONDS, Ask
from touchline.adapters.marketo.calls import Calls
from touchline.adapters.marketo.envelope import Body, results
from touchline.adapters.marketo.reading import optional_text, whole_number
from touchline.adapters.marketo.trouble import TooMuch
from touchline.domain.marketo.api import RecordResult
from touchline.domain.marketo.limits import BATCH, BODY_BYTES, LEAST_BATCH, MOST_LOSERS
from touchline.errors import MarketoRefused, MarketoUnavailable

type Row = dict[str, Any]

READ: Final = "Read-Only Lead"
WRITE: Final = "Read-Write Lead"
MOST_PAGES: Final = 50  # of one call's hits: Marketo refuses more than 1,000
SPARE_BYTES: Final = 1_000  # around the records of a body


def find_leads(calls: Calls, lookup: str, values: Sequence[str], fields: Sequence[str]) -> list[Row]:
    """Values with a comma find nothing: Marketo takes them for two."""
    wanted = [value for value in dict.fromkeys(values) if value and "," not in value]
    names = ",".join(dict.fromkeys(["id", *fields]))
    waiting = [wanted[at : at + BATCH] for at in range(0, len(wanted), BATCH)]
    found: list[Row] = []
    while waiting:
        batch = waiting.pop(0)
        try:
            found += _found(calls, lookup, batch, names)
        except TooMuch:
            if len(batch) == 1:
                raise
            waiting = [*_halves(batch), *waiting]
    return found


def _found(calls: Calls, lookup: str, values: Sequence[str], names: str) -> list[Row]:
    # In the body: a query of 300 addresses is too long for Marketo, and would be in everybody's logs.
    form = {"_method": "GET", "filterType": lookup, "filterValues": ",".join(values), "fields": names}
    found: list[Row] = []
    for _ in range(MOST_PAGES):
        ask = Ask("POST", "/rest/v1/leads.json", READ, query={"_method": "GET"}, form=form, halves=_can_halve(values))
        body = calls.json(ask)
        found += [_row(one) for one in results(body)]
        token = body.get("nextPageToken")
        if not isinstance(token, str) or not token or not results(body):
            return found
        form = {**form, "nextPageToken": token}
    raise MarketoUnavailable("Marketo's list of leads does not end.")


def _row(one: Body) -> Row:
    return {**one, "id": whole_number(one, "id")}


def update_leads(calls: Calls, rows: Sequence[Row]) -> list[RecordResult]:
    if len(rows) > BATCH:
        raise ValueError(f"At most {BATCH} leads are changed at once, not {len(rows)}.")
    done: list[RecordResult] = []
    waiting = list(_fitting(rows))
    while waiting:
        batch = waiting.pop(0)
        try:
            done += _updated(calls, batch)
        except TooMuch:
            if len(batch) == 1:
                raise
            waiting = [*_halves(batch), *waiting]
    return done


def _updated(calls: Calls, rows: Sequence[Row]) -> list[RecordResult]:
    body = {"action": "updateOnly", "lookupField": "id", "input": list(rows)}
    ask = Ask(
        "POST",
        "/rest/v1/leads.json",
        WRITE,
        "write",
        body=body,
        seconds=WRITE_SECONDS,
        halves=_can_halve(rows),
    )
    told = [_record(one) for one in results(calls.json(ask))]
    if len(told) != len(rows):
        raise MarketoUnavailable(f"Marketo told what became of {len(told)} of {len(rows)} leads.")
    return told


def _record(one: Body) -> RecordResult:
    reasons = one.get("reasons")
    reason = reasons[0] if isinstance(reasons, list) and reasons and isinstance(reasons[0], dict) else {}
    lead = one.get("id")
    return RecordResult(
        lead if isinstance(lead, int) else None,
        optional_text(one, "status") or "",
        optional_text(reason, "code"),
        optional_text(reason, "message"),
    )


def _fitting(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Batches whose body is not too large."""
    batch: list[Row] = []
    size = SPARE_BYTES
    for row in rows:
        bytes_of_row = len(orjson.dumps(row)) + 1
        if batch and size + bytes_of_row > BODY_BYTES:
            yield batch
            batch, size = [], SPARE_BYTES
        batch.append(row)
        size += bytes_of_row
    if batch:
        yield batch


def merge_leads(calls: Calls, winner: int, losers: Sequence[int], *, in_crm: bool) -> None:
    """Everything is in the query: Marketo does not read it in a body."""
    most = 1 if in_crm else MOST_LOSERS
    if not 1 <= len(losers) <= most:
        raise ValueError(f"1 to {most} leads are merged into one at once, not {len(losers)}.")
    query = {"leadIds": ",".join(map(str, losers))} | ({"mergeInCRM": "true"} if in_crm else {})
    path = f"/rest/v1/leads/{winner:d}/merge.json"
    try:
        calls.json(Ask("POST", path, WRITE, "merge", query=query, form={}, seconds=MERGE_SECONDS))
    except TooMuch as error:
        raise MarketoRefused(str(error), marketo_code=error.marketo_code) from error


def _can_halve(batch: Sequence[object]) -> bool:
    return len(batch) > LEAST_BATCH


def _halves[Item](batch: Sequence[Item]) -> list[list[Item]]:
    middle = len(batch) // 2
    return [list(batch[:middle]), list(batch[middle:])]
