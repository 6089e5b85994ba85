"""Marketo services as somebody in marketing operations sets them up: an instance is connected, each kind runs once."""

import csv
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import requests

from local.demo.api import Api
from local.demo.story import Row, Told
from local.errors import LocalError
from local.progress import Step
from local.system import Running

type Json = dict[str, Any]

CONNECTION: Final = "Demo instance"
GROUP: Final = "Demo"
LIST: Final = "All leads"
# They run side by side, as most of their time is waiting for Marketo.
KINDS: Final[dict[str, Json]] = {
    "dedupe": {"name": "Duplicates are marked", "rules": {"ask_above_share": 1.0}},
    "email_hash": {"name": "Addresses are hashed", "rules": {}},
    "email_domain": {"name": "Mail domains are told", "rules": {}},
    "activity_import": {"name": "Activities become events", "rules": {}},
}
# Of the time that Marketo itself takes for an export or an import: some two minutes each.
PACE: Final = 0.01
OVER: Final = frozenset({"completed", "failed", "stopped", "skipped"})
ENDED: Final = OVER | {"awaiting_approval"}
PATIENCE_SECONDS: Final = 420
ASK_EVERY_SECONDS: Final = 0.5
EXPLAINED: Final = 3


@dataclass(frozen=True, slots=True)
class Ran:
    service: Json
    plan: Json
    execution: Json


@dataclass(frozen=True, slots=True)
class Connected:
    connection: Json
    group: str


def connect_marketo(admin: Api, running: Running, pace: float = PACE) -> Connected:
    """As they are from an earlier demo, else new. `pace`: of the time that Marketo's own work takes."""
    made = _named(admin, "connections", CONNECTION)
    if made is None:
        overview = requests.get(f"{running.marketo_url}/_simulator/", timeout=30).json()
        credentials = {name: overview[name] for name in ("client_id", "client_secret")}
        made = admin.post(
            "/v1/marketo/connections", {"name": CONNECTION, "endpoint": running.marketo_url, **credentials}
        )
    group = _named(admin, "groups", GROUP) or admin.post("/v1/marketo/groups", {"name": GROUP})
    requests.post(f"{running.marketo_url}/_simulator/switches", json={"bulk_pace": pace}, timeout=30).raise_for_status()
    return Connected(made, group["id"])


def run_services(
    admin: Api, connected: Connected, step: Step, kinds: Sequence[str] = tuple(KINDS), seconds: float = PATIENCE_SECONDS
) -> list[Ran]:
    """One of each of the kinds on all leads, to their ends. Raises LocalError after so many seconds."""
    services = [_service(admin, connected, kind) for kind in kinds]
    plans = [admin.post(f"/v1/marketo/services/{service['id']}/plan", {}) for service in services]
    started = [_start(admin, service["id"]) for service in services]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        shown = [admin.get(f"/v1/marketo/executions/{execution}") for execution in started]
        step.reach(sum(map(_stages_done, shown)), sum(map(_stages, shown)), _doing(shown))
        if all(one["state"] in ENDED for one in shown):
            return [Ran(*one) for one in zip(services, plans, shown, strict=True)]
        time.sleep(ASK_EVERY_SECONDS)
    raise LocalError(f"The services did not end within {seconds:.0f} s: ./dev logs")


def all_completed(ran: list[Ran]) -> bool:
    return all(one.execution["state"] == "completed" for one in ran)


def until_imported(reader: Api, ran: list[Ran], step: Step) -> None:
    """Until as many events of Marketo can be found as were accepted."""
    (imported,) = (one.execution for one in ran if one.service["kind"] == "activity_import")
    wanted, until = imported["results"].get("events_accepted", 0), time.monotonic() + PATIENCE_SECONDS
    while (found := _imported(reader)["series"][0]["total"]) < wanted:
        if time.monotonic() > until:
            raise LocalError(f"Only {found:,} of {wanted:,} activities could be found: ./dev status")
        step.reach(found, wanted, f"{found:,}")
        time.sleep(ASK_EVERY_SECONDS)


def tell(admin: Api, reader: Api, connected: Connected, ran: list[Ran]) -> Iterator[Told]:
    yield _connection(connected)
    yield _services(ran)
    yield _duplicates(admin, next(one for one in ran if one.service["kind"] == "dedupe"))
    yield _activities(reader)


def _named(admin: Api, noun: str, name: str) -> Json | None:
    found = admin.get(f"/v1/marketo/{noun}")[noun]
    return next((one for one in found if one["name"] == name), None)


def _service(admin: Api, connected: Connected, kind: str) -> Json:
    wanted = KINDS[kind]
    connection = connected.connection["id"]
    known = _named(admin, "services", wanted["name"])
    if known is not None:
        return known
    asked = urlencode({"kind": "static", "name": LIST})
    lists = admin.get(f"/v1/marketo/connections/{connection}/lists?{asked}")["lists"]
    return admin.post(
        "/v1/marketo/services",
        {
            **wanted,
            "kind": kind,
            "group": connected.group,
            "connection": connection,
            "list": {"kind": "static", "id": lists[0]["id"]},
            "create_missing_fields": True,
            "schedule": {"expression": "cron(0 6 ? * MON-FRI *)", "time_zone": "Europe/Berlin"},
        },
    )


def _start(admin: Api, service: str) -> str:
    """After what an earlier demo left under way was stopped."""
    path = f"/v1/marketo/services/{service}/executions"
    left = [one for one in admin.get(path)["executions"] if one["state"] not in OVER]
    for one in left:
        admin.post(f"/v1/marketo/executions/{one['id']}/stop", {})
    until = time.monotonic() + PATIENCE_SECONDS
    while any(admin.get(f"/v1/marketo/executions/{one['id']}")["state"] not in OVER for one in left):
        if time.monotonic() > until:
            raise LocalError("What an earlier demo started does not stop: ./dev logs")
        time.sleep(ASK_EVERY_SECONDS)
    return str(admin.post(path, {})["id"])


def _stages(shown: Json) -> int:
    return len(shown["progress"]["stages"])


def _stages_done(shown: Json) -> int:
    progress = shown["progress"]
    return _stages(shown) if shown["state"] in ENDED else progress["stages"].index(progress["stage"])


def _doing(shown: list[Json]) -> str:
    under_way = [one for one in shown if one["state"] not in ENDED]
    return "; ".join(f"{one['service']['kind']}: {one['progress']['stage']}" for one in under_way) or "all ended"


def _connection(connected: Connected) -> Told:
    connection = connected.connection
    rows: list[Row] = [("tried", "found", "needed for")]
    for check in connection["checks"]:
        rows.append((check["name"], check["state"], ", ".join(check["needed_for"]) or "–"))
    ready = ", ".join(connection["ready_for"])
    return Told(
        "A Marketo instance is connected",
        rows,
        f"{connection['name']} is {connection['verdict']}: ready for {ready}.",
        f"Of its limits {connection['share']['calls_a_day']:,} calls a day are ours to use, "
        f"{connection['share']['calls_in_20_seconds']} in any 20 seconds.",
    )


def _services(ran: list[Ran]) -> Told:
    rows: list[Row] = [("service", "planned calls", "state", "leads", "changes", "calls", "extracted", "next run")]
    for one in ran:
        execution, usage = one.execution, one.execution["usage"]
        numbers = (execution["progress"][name] for name in ("leads", "changes"))
        rows.append(
            (
                one.service["kind"],
                f"{one.plan['calls']:,}",
                execution["state"],
                *("–" if number is None else f"{number:,}" for number in numbers),
                f"{usage['calls']:,}",
                f"{usage['bytes'] / 1e6:,.1f} MB",
                str((one.service["next_runs"] or ["–"])[0])[:16],
            )
        )
    problems = [problem["message"] for one in ran for problem in one.execution["problems"]]
    calls = sum(one.execution["usage"]["calls"] for one in ran)
    said = "; ".join(problems) or "Nothing went wrong"
    return Told(
        "Each kind of service ran once",
        rows,
        f"{said}. {calls:,} calls in all: lists come by bulk extract, and only what differs goes back, by bulk import.",
        f"This Marketo takes {PACE:.0%} of the time that a real one takes for its bulk jobs.",
    )


def _duplicates(admin: Api, dedupe: Ran) -> Told:
    execution = dedupe.execution["id"]
    rows: list[Row] = [("lead", "is marked", "because")]
    for lead in _changed_leads(admin, execution)[:EXPLAINED]:
        changes = admin.get(f"/v1/marketo/executions/{execution}/explain?lead={lead}")["changes"]
        marks = "\n".join(f"{change['field']} = {change['after']}" for change in changes)
        rows.append((lead, marks, f"{changes[0]['reason']} (rule {changes[0]['rule']})"))
    results = dedupe.execution["results"]
    return Told(
        "Which leads are the same, and why?",
        rows,
        f"{results.get('groups', 0):,} groups of duplicates; nothing is merged, all are marked in fields of their own.",
        " ".join(dedupe.service["description"]),
    )


def _changed_leads(admin: Api, execution: str) -> list[str]:
    """Of different groups, as the report of changes has them; none where an earlier demo marked them all."""
    files = admin.get(f"/v1/marketo/executions/{execution}/files")["files"]
    link = next((file["link"] for file in files if file["name"] == "report/changes.csv"), None)
    if link is None:
        return []
    report = csv.DictReader(io.StringIO(requests.get(link, timeout=60).content.decode(), newline=""))
    first_of_group = {row["key"]: row["id"] for row in report if row["after"] == "true"}
    return list(first_of_group.values())


def _imported(reader: Api) -> Json:
    today = datetime.now(UTC).date()
    question = {
        "from": (today - timedelta(days=90)).isoformat(),
        "to": (today + timedelta(days=1)).isoformat(),
        "filters": [{"field": "properties.source", "value": "marketo"}],
        "breakdown": {"field": "action", "top": 10},
    }
    return reader.post("/v1/queries/timeseries", question)


def _activities(reader: Api) -> Told:
    answer = _imported(reader)
    rows: list[Row] = [("action", "events")]
    rows += [(str(one["key"]), f"{one['total']:,}") for one in answer["series"] if one["kind"] == "value"]
    return Told(
        "What did Marketo's people do?",
        rows,
        "Marketo's activities are events now: every question above can be asked of them.",
        f"{answer['definition']} As of {answer['as_of'][:19]}.",
    )
