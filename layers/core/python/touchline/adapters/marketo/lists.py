"""Static and smart lists: by id, and by a part of their name, which Marketo itself does not search by."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from touchline.adapters.marketo.ask import Ask, read
from touchline.adapters.marketo.calls import Calls
from touchline.adapters.marketo.envelope import UNKNOWN_SHAPE, Body, results
from touchline.adapters.marketo.reading import optional_moment, optional_text, whole_number
from touchline.adapters.marketo.trouble import Missing
from touchline.domain.marketo.api import LeadList
from touchline.domain.marketo.limits import ASSETS_IN_A_PAGE, BATCH
from touchline.domain.marketo.services import ListKind
from touchline.errors import MarketoRefused, MarketoUnavailable

READ_LEADS: Final = "Read-Only Lead"
READ_ASSETS: Final = "Read-Only Asset"


def find_lists(calls: Calls, kind: ListKind, name: str, offset: int, limit: int) -> list[LeadList]:
    """Pages are read only as far as needed; smart lists without a name from where they are asked for."""
    wanted = name.strip().casefold()
    if kind == "smart" and not wanted:
        return list(islice(_smart_lists(calls, offset), limit))
    every = _static_lists(calls) if kind == "static" else _smart_lists(calls)
    named = (one for one in every if wanted in one.name.casefold())
    return list(islice(named, offset, offset + limit))


def get_list(calls: Calls, kind: ListKind, list_id: int) -> LeadList | None:
    if kind == "static":
        ask = read(f"/rest/v1/lists/{list_id:d}.json", READ_LEADS)
    else:
        ask = read(f"/rest/asset/v1/smartList/{list_id:d}.json", READ_ASSETS)
    try:
        found = results(calls.json(ask))
    except Missing:
        return None
    return _list(found[0], kind) if found else None


def read_smart_list_rules(calls: Calls, list_id: int) -> Body | None:
    ask = read(f"/rest/asset/v1/smartList/{list_id:d}.json", READ_ASSETS, includeRules="true")
    try:
        found = results(calls.json(ask))
    except Missing:
        return None
    rules = found[0].get("rules", {}) if found else None
    if rules is not None and not isinstance(rules, dict):
        raise MarketoUnavailable(UNKNOWN_SHAPE)
    return rules


def read_beginning(calls: Calls) -> int:
    """Folders at the root come with the instance."""
    ask = read("/rest/asset/v1/folders.json", READ_ASSETS, maxDepth="1", maxReturn=str(ASSETS_IN_A_PAGE))
    moments = [optional_moment(one, "createdAt") for one in results(calls.json(ask))]
    known = [moment for moment in moments if moment is not None]
    if not known:
        raise MarketoRefused(
            "Marketo shows no folder, so it is not known since when the instance has leads: give the API user's role "
            "the whole workspace."
        )
    return min(known)


def _static_lists(calls: Calls) -> Iterator[LeadList]:
    """Over the road of leads, which names program and workspace."""
    query = {"batchSize": str(BATCH)}
    while True:
        body = calls.json(Ask("GET", "/rest/v1/lists.json", READ_LEADS, query=query))
        found = results(body)
        yield from (_list(one, "static") for one in found)
        token = body.get("nextPageToken")
        if not found or not isinstance(token, str) or not token:
            return
        query = {**query, "nextPageToken": token}


def _smart_lists(calls: Calls, offset: int = 0) -> Iterator[LeadList]:
    """The answer to a page behind the last one has no result at all."""
    while True:
        ask = read("/rest/asset/v1/smartLists.json", READ_ASSETS, offset=str(offset), maxReturn=str(ASSETS_IN_A_PAGE))
        found = results(calls.json(ask))
        yield from (_list(one, "smart") for one in found)
        if len(found) < ASSETS_IN_A_PAGE:
            return
        offset += len(found)


def _list(one: Body, kind: ListKind) -> LeadList:
    workspace = optional_text(one, "workspaceName" if kind == "static" else "workspace")
    name = str(one.get("name", ""))[:1_000]
    return LeadList(kind, whole_number(one, "id"), name, optional_text(one, "programName"), workspace)
