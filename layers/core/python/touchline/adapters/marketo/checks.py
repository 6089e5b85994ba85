"""What a connection's credentials allow, tried one by one without changing anything."""

from dataclasses import dataclass
from typing import Final

from touchline.adapters.marketo.ask import Ask, read
from touchline.adapters.marketo.calls import Calls
from touchline.adapters.marketo.schema import SCHEMA_PATH
from touchline.domain.marketo.connections import Check
from touchline.errors import CredentialsRefused, MarketoRefused

LISTS: Final = ("dedupe", "email_hash", "email_domain")
CHANGES: Final = ("email_hash", "email_domain", "mark", "merge")
SWITCHED_OFF: Final = ("403", "603", "610", "616", "703")
NO_SMART_LISTS: Final = "1035"


@dataclass(frozen=True, slots=True)
class Probe:
    """`empty`: it asks for nothing, or for what is not there, and Marketo refuses it for that to whoever may ask."""

    name: str
    ask: Ask
    needed_for: tuple[str, ...]
    empty: bool = False


PROBES: Final = (
    Probe(
        "read_leads",
        read("/rest/v1/leads.json", "Read-Only Lead", filterType="id", filterValues="1", fields="id"),
        LISTS,
    ),
    Probe(
        "change_leads",
        Ask(
            "POST",
            "/rest/v1/leads.json",
            "Read-Write Lead",
            "write",
            body={"action": "updateOnly", "lookupField": "id", "input": []},
        ),
        CHANGES,
        empty=True,
    ),
    Probe("extract_leads", read("/bulk/v1/leads/export.json", "Read-Only Lead", batchSize="1"), LISTS),
    Probe("smart_lists", read("/rest/asset/v1/smartLists.json", "Read-Only Asset", maxReturn="1"), ("smart_lists",)),
    Probe(
        "extract_smart_lists",
        Ask(
            "POST",
            "/bulk/v1/leads/export/create.json",
            "Read-Only Lead",
            "write",
            body={"fields": ["id"], "format": "CSV", "filter": {"smartListId": 0}},
        ),
        ("smart_lists",),
        empty=True,
    ),
    Probe(
        "create_fields",
        Ask("POST", SCHEMA_PATH, "Read-Write Schema Custom Field", "write", body={"input": []}),
        ("new_fields",),
        empty=True,
    ),
    Probe("read_activities", read("/rest/v1/activities/types.json", "Read-Only Activity"), ("activity_import",)),
    Probe(
        "extract_activities",
        read("/bulk/v1/activities/export.json", "Read-Only Activity", batchSize="1"),
        ("activity_import",),
    ),
)


def check_all(calls: Calls) -> list[Check]:
    """The credentials first: without them nothing else is tried."""
    try:
        calls.tokens.fetch()
    except CredentialsRefused as refused:
        return [Check("credentials", "failed", str(refused), ("everything",))]
    credentials = Check("credentials", "ok", "Marketo takes client id and secret.", ("everything",))
    return [credentials, *(_tried(calls, probe) for probe in PROBES)]


def _tried(calls: Calls, probe: Probe) -> Check:
    try:
        calls.json(probe.ask)
    except MarketoRefused as refused:
        if refused.marketo_code == NO_SMART_LISTS:
            told = (
                "This instance does not export smart lists (1035). Services on them read everybody in their place, "
                "which takes more calls and bytes than a static list."
            )
            return Check(probe.name, "not_needed", told, probe.needed_for)
        if not probe.empty or refused.marketo_code in SWITCHED_OFF:
            return Check(probe.name, "failed", str(refused), probe.needed_for)
    return Check(probe.name, "ok", f"The API user has the permission {probe.ask.permission!r}.", probe.needed_for)
