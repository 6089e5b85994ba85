"""From a request on the wire to its answer: token, limits, permission, faults, handler, envelope."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from local.marketo_simulator.faults import Fault
from local.marketo_simulator.identity import TokenExpired
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.limits import Call
from local.marketo_simulator.refusal import HttpRefusal, Refusal
from local.marketo_simulator.routing import Answer, Found, Request, Route, find

JSON_TYPE = "application/json;charset=UTF-8"
UNKNOWN = "unknown"  # a path of no route is not counted by itself: it may hold anything
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Exchange:
    """`call` holds its place in flight until the answer is sent; then it is to be left with `answer.code`."""

    answer: Answer
    call: Call | None = None


def read_request(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    parts = urlsplit(target if target.startswith("http") else "http://simulator/" + target.lstrip("/"))
    query = parse_qs(parts.query, keep_blank_values=True)
    is_form = headers.get("content-type", "").lower().startswith(FORM_TYPE)
    form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True) if is_form else {}
    path = normal_path(unquote(parts.path))
    return Request(_meant(method, path, query, form), path, query, form, headers, body)


def normal_path(path: str) -> str:
    """Without doubled slashes and relative parts."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept[-1:] = []
        elif part not in ("", "."):
            kept.append(part)
    return "/" + "/".join(kept)


def _meant(method: str, path: str, query: Mapping[str, list[str]], form: Mapping[str, list[str]]) -> str:
    """A POST may say in its query or form that it is a GET; the asset API stopped listening to that in 2020."""
    wanted = [*query.get("_method", ()), *form.get("_method", ())]
    if method != "POST" or not wanted or path.startswith("/rest/asset/"):
        return method
    return str(wanted[0]).upper()


def exchange(instance: Instance, routes: list[Route], request: Request) -> Exchange:
    now = instance.clock.now()
    found = find(routes, request.method, request.path)
    name = f"{request.method} {found.route.path}" if isinstance(found, Found) else UNKNOWN
    try:
        client, user = _authenticate(instance, request, now)
        if isinstance(found, Refusal):
            raise found
    except Refusal as refusal:
        instance.limits.note_refused(name, "", now, refusal.code)
        return Exchange(refused(request, refusal, now))
    try:
        call = instance.limits.enter(name, user, now)
    except Refusal as refusal:
        return Exchange(refused(request, refusal, now))
    asked = replace(request, client=client, user=user, names=found.names)
    try:
        return Exchange(_answer(instance, found, asked, now), call)
    except BaseException:
        instance.limits.leave(call, "500")
        raise


def _authenticate(instance: Instance, request: Request, now: int) -> tuple[str, str]:
    """Client id and API user of the token."""
    text = _token(instance, request)
    if not text:
        raise Refusal("603", "Access denied")
    try:
        client = instance.tokens.client_of(text, now)
    except TokenExpired:
        instance.save()
        raise Refusal("602", "Access token expired") from None
    user = next((one.user for one in instance.credentials if one.client_id == client), None)
    if client is None or user is None:
        raise Refusal("601", "Access token invalid")
    return client, user


def _token(instance: Instance, request: Request) -> str:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and text.strip():
        return text.strip()
    return request.text("access_token") if instance.switches.allow_query_token else ""


def _answer(instance: Instance, found: Found, request: Request, now: int) -> Answer:
    fault = instance.faults.take(request.method, request.path)
    time.sleep((instance.switches.slow_by_ms + (fault.slow_ms if fault else 0)) / 1000)
    if fault and fault.fails and not fault.after:
        return _failed(request, fault, now)
    answer = _handled(instance, found, request, now)
    if fault is None:
        return answer
    return _failed(request, fault, now) if fault.fails else _damaged(answer, fault)


def _handled(instance: Instance, found: Found, request: Request, now: int) -> Answer:
    try:
        _permit(instance, found.route)
        body = found.route.handler(instance, request)
    except Refusal as refusal:
        return refused(request, refusal, now)
    except HttpRefusal as refusal:
        return Answer(refusal.text.encode(), refusal.status, refusal.content_type, code=str(refusal.status))
    return body if isinstance(body, Answer) else as_json(_envelope(request, body, now))


def _permit(instance: Instance, route: Route) -> None:
    held = instance.switches.permissions
    if "Access API" not in held or (route.permissions and not set(route.permissions) & set(held)):
        raise Refusal("603", "Access denied")


def _envelope(request: Request, body: dict[str, Any], now: int) -> dict[str, Any]:
    whole = {"requestId": request_id(now), "success": True, **body}
    if request.path.startswith("/rest/asset/"):
        return {"errors": [], "warnings": [], **whole}
    return whole


def refused(request: Request, refusal: Refusal, now: int) -> Answer:
    errors = [{"code": refusal.code, "message": refusal.message}]
    whole: dict[str, Any] = {"requestId": request_id(now), "success": False, "errors": errors}
    if request.path.startswith("/rest/asset/"):
        whole["warnings"] = []
    return replace(as_json(whole), code=refusal.code)


def _failed(request: Request, fault: Fault, now: int) -> Answer:
    if fault.hang_up:
        return Answer(b"", hang_up=True)
    if fault.code:
        return refused(request, Refusal(fault.code, fault.message or f"Error {fault.code}"), now)
    if fault.status:
        return Answer(fault.body.encode(), fault.status, fault.content_type, code=str(fault.status))
    return Answer(fault.body.encode(), 200, fault.content_type)


def _damaged(answer: Answer, fault: Fault) -> Answer:
    if fault.truncate_at >= 0:
        end = answer.start + fault.truncate_at
        answer = replace(answer, end=end if answer.end is None else min(end, answer.end))
    return replace(answer, cut_at=fault.cut_at) if fault.cut_at >= 0 else answer


def as_json(body: dict[str, Any]) -> Answer:
    return Answer(orjson.dumps(body), content_type=JSON_TYPE)


def request_id(now: int) -> str:
    return f"{secrets.token_hex(2)}#{now:x}"
