"""Lambda's logs: one stream for each worker, of limited length.

Fault: services/lambda_svc.py `_emit_lambda_logs` opens a stream for every invocation and keeps all lines, so that the
emulator's memory grows with each request and reading a function's log gets slower and slower.
AWS: a stream belongs to an execution environment.
Without it: a load test of an hour ends in swap, and `./dev logs` in a time-out.
"""

import logging
import os
import time
from typing import Any

from ministack.services import cloudwatch_logs, lambda_svc

from local.emulator.patches.lambda_worker import observed

_log = logging.getLogger("emulator.logs")

STREAMS_KEPT = 50


def _emit(function: dict[str, Any], request_id: str, text: str, *outcome: Any, **_: Any) -> None:
    _, duration_ms = outcome
    config = function.get("config") or function
    name = config.get("FunctionName", "unknown")
    group_name = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    now = int(time.time() * 1000)
    report = (
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms} ms\tBilled Duration: {duration_ms} ms\t"
        f"Memory Size: {config.get('MemorySize', 128)} MB\tMax Memory Used: {getattr(observed, 'peak_mb', 0)} MB"
    )
    start = f"START RequestId: {request_id} Version: {config.get('Version', '$LATEST')}"
    lines = [start, *text.splitlines(), f"END RequestId: {request_id}", report]
    stream_name = getattr(observed, "stream", "") or f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]unstarted"
    stream = _stream(_group(group_name, now), stream_name, now)
    events = [{"timestamp": now, "message": line, "ingestionTime": now} for line in lines]
    cloudwatch_logs._append_log_events(stream, events)
    _shorten(stream)
    cloudwatch_logs._fanout_to_subscription_filters(group_name, stream_name, events)


def _group(name: str, now: int) -> dict[str, Any]:
    groups = cloudwatch_logs._log_groups
    if name not in groups:
        arn = cloudwatch_logs._make_group_arn(name)
        empty: dict[str, Any] = {"tags": {}, "subscriptionFilters": {}, "streams": {}}
        groups[name] = {"arn": arn, "creationTime": now, "retentionInDays": None, **empty}
    group: dict[str, Any] = groups[name]
    return group


def _stream(group: dict[str, Any], name: str, now: int) -> dict[str, Any]:
    streams: dict[str, dict[str, Any]] = group["streams"]
    if name not in streams:
        times = dict.fromkeys(("firstEventTimestamp", "lastEventTimestamp", "lastIngestionTime"))
        streams[name] = {"events": [], "uploadSequenceToken": "1", "creationTime": now, **times}
        for oldest in sorted(streams, key=lambda each: streams[each]["creationTime"])[:-STREAMS_KEPT]:
            streams.pop(oldest, None)
    return streams[name]


def _shorten(stream: dict[str, Any]) -> None:
    limit = int(os.environ.get("EMULATOR_LOG_LINES", "5000"))
    with cloudwatch_logs._log_events_lock:
        if len(stream["events"]) > limit * 1.2:  # not at every line: cutting a list moves all of it
            del stream["events"][:-limit]


def _emit_lambda_logs(*args: Any, **kwargs: Any) -> None:
    try:
        _emit(*args, **kwargs)
    except Exception:  # noqa: BLE001  an invocation that went well stays one
        _log.exception("the log of an invocation is lost")


def apply() -> None:
    lambda_svc._emit_lambda_logs = _emit_lambda_logs
