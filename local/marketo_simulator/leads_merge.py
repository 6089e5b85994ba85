"""Merging leads: the CRM's record survives, empty values are filled, losers are gone for good."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from local.marketo_simulator.activity_log import MERGE_LEADS, Activity, log_activities
from local.marketo_simulator.clock import timestamp
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_book import lead_fields
from local.marketo_simulator.lead_changes import change_leads
from local.marketo_simulator.leads_write import SOURCE, WRITE, remove_leads
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, Routes, is_number
from local.marketo_simulator.store import Store

MOST_LOSERS: Final = 25
RANKS: Final = {"Contact": 2, "Lead": 1}
OWN: Final = frozenset({"id", "createdAt", "updatedAt", "leadPartitionId"})

routes = Routes()


@routes.post("/rest/v1/leads/{id}/merge.json", permission=WRITE)
def merge(instance: Instance, request: Request) -> Body:
    """Everything is said in the query; a form is not read."""
    winner, losers = request.number("id"), _losers(request)
    in_crm = _flag(request, "mergeInCRM")
    if winner in losers:
        raise Refusal("1003", f"Lead {winner} cannot be merged with itself")
    with instance.store.writing():
        leads = read_leads(instance.store, [winner, *losers])
        _check_crm(instance, leads, in_crm=in_crm)
        if instance.switches.crm_rank:
            leads = sorted(leads, key=lambda lead: -_rank(lead))  # stable: the caller's order among equals
        merge_leads(instance.store, leads, instance.clock.now(), in_crm=in_crm)
    return {}


def _losers(request: Request) -> list[int]:
    given = [part for name in ("leadIds", "leadId") for text in request.query.get(name, ()) for part in text.split(",")]
    texts = [text.strip() for text in given if text.strip()]
    if not texts:
        raise Refusal("1003", "leadId or leadIds must be specified")
    if len(texts) > MOST_LOSERS:
        raise Refusal("1080", f"Too many leads to merge: {len(texts)} of at most {MOST_LOSERS}")
    if not all(is_number(text) for text in texts):
        raise Refusal("1001", f"Invalid value '{','.join(texts)}'. Required of type 'Long'")
    return list(dict.fromkeys(int(text) for text in texts))


def _flag(request: Request, name: str) -> bool:
    word = next(iter(request.query.get(name, ())), "false").strip().lower()
    if word not in ("true", "false"):
        raise Refusal("1003", f"Invalid value for parameter '{name}': {word}")
    return word == "true"


def read_leads(store: Store, ids: Sequence[int]) -> list[dict[str, Any]]:
    found = {
        row["id"]: row for row in store.rows("select * from leads where id in (select unnest(?::bigint[]))", [ids])
    }
    for lead in ids:
        if lead not in found:
            raise Refusal("1004", f"Lead '{lead}' not found")
    return [found[lead] for lead in ids]


def _rank(lead: Mapping[str, Any]) -> int:
    return RANKS.get(lead["sfdcType"] or "", 0)


def _check_crm(instance: Instance, leads: Sequence[Mapping[str, Any]], *, in_crm: bool) -> None:
    if any(lead["sfdcType"] == "Person Account" for lead in leads):
        raise Refusal("712", "Merging leads that are Salesforce Person Accounts is not supported")
    if not in_crm:
        return
    if not instance.switches.crm_sync:
        raise Refusal("1003", "mergeInCRM needs a native Salesforce sync")
    if len(leads) > 2:
        raise Refusal("1003", "mergeInCRM merges two leads at a time")
    for lead in leads:
        if not _rank(lead) and lead["sfdcType"] is not None:
            raise Refusal("1078", f"Lead {lead['id']} is neither lead nor contact in the CRM")


def merge_leads(store: Store, leads: Sequence[Mapping[str, Any]], now: int, *, in_crm: bool) -> None:
    """The first of `leads` (whole rows) survives. Earlier losers fill its empty values before later ones."""
    survivor, losers = leads[0], leads[1:]
    ids = [lead["id"] for lead in losers]
    with store.writing() as cursor:
        filled = _filled(store, survivor, losers)
        change_leads(store, {survivor["id"]: filled}, now, source=SOURCE)
        _move(store, "static_list_members", "list", survivor["id"], ids)
        _move(store, "program_members", "program", survivor["id"], ids)
        remove_leads(store, ids)
        cursor.execute(
            "insert into merged_leads select unnest(?::bigint[]), ?, ?", [ids, survivor["id"], timestamp(now)]
        )
        name = " ".join(part for part in (survivor["firstName"], survivor["lastName"]) if part)
        attributes = {
            "Merge IDs": str(ids),
            "Master Updated": bool(filled),
            "Merged in Sales": in_crm,
            "Merge Source": SOURCE,
        }
        log_activities(cursor, [Activity(survivor["id"], MERGE_LEADS, survivor["id"], name, attributes)], now)


def _filled(store: Store, survivor: Mapping[str, Any], losers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the survivor takes over. An unsubscription belongs to the address, so it is never lost."""
    filled: dict[str, Any] = {}
    for name in lead_fields(store):
        if name in OWN or survivor[name] not in (None, ""):
            continue
        value = next((loser[name] for loser in losers if loser[name] not in (None, "")), None)
        if value is not None:
            filled[name] = value
    address = str(survivor["email"] or filled.get("email") or "").lower()
    same = [lead for lead in losers if address and str(lead["email"] or "").lower() == address]
    if not survivor["unsubscribed"] and any(lead["unsubscribed"] for lead in same):
        filled["unsubscribed"] = True
    return filled


def _move(store: Store, table: str, place: str, survivor: int, losers: Sequence[int]) -> None:
    """Memberships: the survivor has each place once."""
    with store.writing() as cursor:
        cursor.execute(
            f"delete from {table} where lead in (select unnest($losers::bigint[])) and {place} in "
            f"(select {place} from {table} where lead = $survivor)",
            {"losers": list(losers), "survivor": survivor},
        )
        cursor.execute(
            f"delete from {table} a where lead in (select unnest($losers::bigint[])) and exists "
            f"(select 1 from {table} b where b.{place} = a.{place} and b.lead < a.lead "
            f"and b.lead in (select unnest($losers::bigint[])))",
            {"losers": list(losers)},
        )
        cursor.execute(
            f"update {table} set lead = $survivor where lead in (select unnest($losers::bigint[]))",
            {"losers": list(losers), "survivor": survivor},
        )
