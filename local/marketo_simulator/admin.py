"""`/_simulator/…`: what no Marketo has. Clock, switches, faults, counters, and the truth about duplicates."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import orjson

from local.marketo_simulator.admin_leads import change_leads_as_others, merge_as_others, read_rows, read_truth
from local.marketo_simulator.answering import JSON_TYPE, as_json
from local.marketo_simulator.clock import iso
from local.marketo_simulator.instance import Instance, new_credentials
from local.marketo_simulator.lead_values import BadValue
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Answer, Request

type Action = Callable[[Instance, Request], dict[str, Any]]


def answer(instance: Instance, request: Request) -> Answer:
    """400 with a reason for what it cannot read. Bodies are JSON whatever their content type says."""
    request = replace(request, headers={}, form={})
    action = ACTIONS.get((request.method, request.path.removeprefix("/_simulator").strip("/")))
    if action is None:
        known = ", ".join(f"{method} /_simulator/{path}" for method, path in ACTIONS)
        return _problem(404, f"there is only: {known}")
    try:
        done = action(instance, request)
    except (ValueError, TypeError, KeyError, Refusal, BadValue) as error:
        return _problem(400, str(error))
    instance.save()
    return as_json(done)


def _problem(status: int, reason: str) -> Answer:
    return Answer(orjson.dumps({"problem": reason}), status, JSON_TYPE)


def overview(instance: Instance, request: Request) -> dict[str, Any]:
    first = instance.credentials[0]
    return {
        "munchkin_id": instance.munchkin_id,
        "client_id": first.client_id,
        "client_secret": first.client_secret,
        "user": first.user,
        "leads": instance.store.value("select count(*) from leads"),
        "static_lists": instance.store.rows("select id, name from static_lists order by id"),
        "smart_lists": instance.store.rows("select id, name from smart_lists order by id"),
        **read_clock(instance, request),
    }


def read_clock(instance: Instance, request: Request) -> dict[str, Any]:
    now = instance.clock.now()
    return {"now": now, "iso": iso(now), **instance.clock.state()}


def change_clock(instance: Instance, request: Request) -> dict[str, Any]:
    """`{"stop": true}`, `{"run": true}`, `{"advance_ms": n}`, `{"set": epoch ms}`; several at once in this order."""
    wanted = request.json()
    if wanted.get("stop"):
        instance.clock.stop()
    if wanted.get("run"):
        instance.clock.run()
    if "advance_ms" in wanted:
        instance.clock.advance(int(wanted["advance_ms"]))
    if "set" in wanted:
        instance.clock.set(int(wanted["set"]))
    return read_clock(instance, request)


def read_switches(instance: Instance, request: Request) -> dict[str, Any]:
    return instance.switches.as_json()


def change_switches(instance: Instance, request: Request) -> dict[str, Any]:
    instance.switches.change(request.json())
    return instance.switches.as_json()


def read_faults(instance: Instance, request: Request) -> dict[str, Any]:
    return {"faults": instance.faults.as_json()}


def add_fault(instance: Instance, request: Request) -> dict[str, Any]:
    return {"id": instance.faults.add(request.json()).id}


def clear_faults(instance: Instance, request: Request) -> dict[str, Any]:
    instance.faults.clear()
    return {"faults": []}


def read_counters(instance: Instance, request: Request) -> dict[str, Any]:
    return instance.limits.figures()


def forget_counters(instance: Instance, request: Request) -> dict[str, Any]:
    instance.limits.forget_figures()
    return instance.limits.figures()


def use_quota(instance: Instance, request: Request) -> dict[str, Any]:
    """`{"calls": n}`: as if another integration had made them today."""
    instance.limits.use(int(request.json()["calls"]), "another.user@example.test", instance.clock.now())
    return instance.limits.figures()


def end_tokens(instance: Instance, request: Request) -> dict[str, Any]:
    instance.tokens.end_all(instance.clock.now())
    return {"tokens": instance.tokens.as_json()}


def add_service(instance: Instance, request: Request) -> dict[str, Any]:
    """`{"user": "second.user@example.test"}`: another custom service; what its user exports, nobody else sees."""
    made = new_credentials(str(request.json()["user"]))
    instance.credentials.append(made)
    return asdict(made)


def rotate_secret(instance: Instance, request: Request) -> dict[str, Any]:
    """`{"client_id": "…"}`: a new secret in place of the old one; a token that was issued lives on."""
    wanted = str(request.json()["client_id"])
    for number, one in enumerate(instance.credentials):
        if one.client_id == wanted:
            instance.credentials[number] = replace(new_credentials(one.user), client_id=wanted)
            return asdict(instance.credentials[number])
    raise ValueError(f"no custom service has the client id {wanted!r}")


ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", ""): overview,
    ("GET", "clock"): read_clock,
    ("POST", "clock"): change_clock,
    ("GET", "switches"): read_switches,
    ("POST", "switches"): change_switches,
    ("GET", "faults"): read_faults,
    ("POST", "faults"): add_fault,
    ("DELETE", "faults"): clear_faults,
    ("GET", "counters"): read_counters,
    ("DELETE", "counters"): forget_counters,
    ("POST", "usage"): use_quota,
    ("POST", "tokens/end"): end_tokens,
    ("POST", "services"): add_service,
    ("POST", "services/rotate"): rotate_secret,
    ("GET", "truth"): read_truth,
    ("POST", "rows"): read_rows,
    ("POST", "leads"): change_leads_as_others,
    ("POST", "merges"): merge_as_others,
}
