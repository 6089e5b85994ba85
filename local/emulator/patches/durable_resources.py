"""Everything that describes resources survives kill -9: stacks, functions, mappings, APIs, roles, keys, machines.

Fault: app.py saves the state of the services only at a graceful stop (`save_all` in `_handle_lifespan`).
AWS: a resource that was made is there.
Without it: after a kill nothing is left of a deployment but the objects in S3.

A change of a resource is saved before it is answered. A stack is saved when its operation has finished, and nothing is
saved while one is under way: a killed deployment leaves the resources as they were before it. What services do by
themselves (an execution ends) is saved within half a second.
"""

import asyncio
import functools
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import persistence
from ministack.services import cloudformation, stepfunctions

from local.emulator.patches import durable_queues, durable_tables

_log = logging.getLogger("emulator.durable")

SAVE_EVERY_SECONDS = 0.5
# Saved by a graceful stop only: they change with every invocation, and nobody was promised them.
_OBSERVATIONS = {"cloudwatch", "cloudwatch_logs", "cloudtrail", "xray"}
_READS = ("Get", "List", "Describe", "Head", "Batch", "Query", "Scan", "Search", "Lookup", "Test", "Validate")
# Calls that change data (which has its journal) or nothing at all.
_DATA = {"sqs", "sts", "dynamodbstreams", "logs", "monitoring", "xray"}
_DATA_ACTIONS = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "TransactGetItems", "ExecuteStatement"}
_DATA_ACTIONS |= {"Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Sign"}
_DATA_ACTIONS |= {"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat", "PutEvents"}

_changed: set[str] = set()
_marking = threading.Lock()
_saving = threading.Lock()


def mark(*services: str) -> None:
    """These services have something to save; none named means all."""
    with _marking:
        _changed.update(services or app._build_persistence_save_dict())


def flush() -> None:
    """Save what changed, unless a stack operation is under way: then it is saved when that has finished."""
    with _saving:
        if not _changed or _operating():
            return
        names = _take_changed()
        try:
            _save_all(names - _OBSERVATIONS)
        except BaseException:
            mark(*names)
            raise


def _take_changed() -> set[str]:
    with _marking:
        names = set(_changed)
        _changed.clear()
        return names


def _save_all(names: set[str]) -> None:
    if "sqs" in names:
        durable_queues.redefine()  # a template changes attributes in place
    for name, source in app._build_persistence_save_dict().items():
        if name in names:
            _save(name, source)


def _operating() -> bool:
    stacks = list(cloudformation._stacks._data.values())
    return any(stack.get("StackStatus", "").endswith("IN_PROGRESS") and _started(stack) for stack in stacks)


def _started(stack: dict[str, Any]) -> bool:
    return bool(stack["StackStatus"] != "REVIEW_IN_PROGRESS")  # a change set that waits to be executed


def _save(name: str, source: Callable[[], dict[str, Any] | None]) -> None:
    for attempt in range(20):
        try:
            state = source()
            break
        except RuntimeError:  # a store was changed on another thread while it was copied
            time.sleep(0.01 * attempt)
    else:
        raise RuntimeError(f"the state of {name} never stood still")
    if state is not None:
        persistence.save_state(name, state)


def changes(method: str, path: str, headers: dict[str, str], body: bytes, service: str) -> str | None:
    """The service whose resources a request changes; "" means that it may change any."""
    if service in _DATA or _only_reads(method, path, headers, body, service):
        return None
    return "" if service == "cloudformation" else service


def _only_reads(method: str, path: str, headers: dict[str, str], body: bytes, service: str) -> bool:
    action = _action(headers, body)
    if action:
        return action in _DATA_ACTIONS or action.startswith(_READS)
    if method in ("GET", "HEAD", "OPTIONS"):
        return True
    if service == "s3":
        return "/" in path.strip("/") or method == "POST"  # objects, which S3 writes to disk itself
    return service == "lambda" and path.endswith("/invocations")


def _action(headers: dict[str, str], body: bytes) -> str:
    if target := headers.get("x-amz-target", ""):
        return target.rsplit(".", 1)[-1]
    if "form-urlencoded" in headers.get("content-type", ""):
        return parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
    return ""


def _durable(dispatch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(dispatch)
    async def answer(method: str, path: str, headers: dict[str, str], body: bytes, query: Any, request: str) -> Any:
        response = await dispatch(method, path, headers, body, query, request)
        service = app.detect_service(method, path, headers, query)
        changed = changes(method, path, headers, body, service)
        if changed is not None:
            mark(*_modules(changed))
        if changed is not None or service == "cloudformation":  # also before "your stack is complete" is told
            await asyncio.to_thread(flush)
        return response

    return answer


def _modules(service: str) -> list[str]:
    if not service:
        return []
    registered = app.SERVICE_REGISTRY.get(app.SERVICE_NAME_ALIASES.get(service, service), {})
    return [registered.get("state_key", registered.get("module", service)), *registered.get("sub_modules", ())]


def _marks(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def marked(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        finally:
            mark(name)

    return marked


def _save_in_background() -> None:
    while True:
        time.sleep(SAVE_EVERY_SECONDS)
        try:
            flush()
        except Exception:  # noqa: BLE001  the next round tries again, and a request that changes something is told
            _log.exception("the state could not be saved; trying again")
            mark()


def _load(original: Callable[[], None]) -> Callable[[], None]:
    def load() -> None:
        original()
        durable_tables.restore()
        durable_queues.restore()
        threading.Thread(target=_save_in_background, daemon=True, name="emulator-save").start()

    return load


def apply() -> None:
    app._dispatch_service_request = _durable(app._dispatch_service_request)
    app._load_persisted_state = _load(app._load_persisted_state)
    stepfunctions._start_execution = _marks("stepfunctions", stepfunctions._start_execution)
    stepfunctions._emit_execution_status_event = _marks("stepfunctions", stepfunctions._emit_execution_status_event)
