"""The process that a Python function runs in: reads one invocation a line from stdin, answers one line on stdout.

Runs alone, on the interpreter of the emulator, with nothing of the emulator importable (`python -P`).
What the function prints goes to stderr; after each invocation a line END and its id marks where its output ends.
"""

import contextlib
import importlib
import json
import logging
import os
import queue
import resource
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

END = "\x1e"  # ASCII record separator: no log line begins with it


class Context:
    """What a function gets as its second argument."""

    identity = None
    client_context = None

    def __init__(self, function: dict[str, Any], call: dict[str, Any]) -> None:
        self.function_name = function["name"]
        self.function_version = function["version"]
        self.memory_limit_in_mb = function["memory"]
        self.invoked_function_arn = call["arn"]
        self.aws_request_id = call["id"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline = time.monotonic() + call["seconds"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: object) -> None:
        sys.stderr.write(str(message))


class LogHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """The root handler that Lambda installs: level, UTC time, request id, message."""

    request = ""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + "".join(traceback.format_exception(*record.exc_info))
        return f"[{record.levelname}]\t{moment}.{int(record.msecs):03d}Z\t{self.request}\t{text}"


def failure(error: BaseException) -> dict[str, Any]:
    """The answer that Lambda gives for an exception: its class name is what Retry and Catch compare with."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    stack = [f'  File "{f.filename}", line {f.lineno}, in {f.name}\n    {f.line}\n' for f in frames]
    return {"error": {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": stack}}


def search_path(code: str, layers: list[str]) -> list[str]:
    """The function's own code before its layers, as Lambda orders them."""
    site = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    folders = [os.path.join(layer, "python", *below) for layer in layers for below in ((), (site,))]
    return [code, *filter(os.path.isdir, folders)]


def lines_until_the_emulator_dies() -> "queue.SimpleQueue[str]":
    """Read stdin on a thread of its own: the pipe ends with the emulator, also in the middle of an invocation."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin.buffer:
            lines.put(line.decode())
        os._exit(0)

    threading.Thread(target=read, daemon=True, name="emulator").start()
    return lines


def invoke(handler: Callable[..., Any], message: dict[str, Any], context: Context) -> dict[str, Any]:
    try:
        result = handler(message["event"], context)
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
        traceback.print_exc()
        return failure(error)
    except SystemExit as error:  # to Lambda, a function that exits is a runtime that died
        traceback.print_exc()
        return {"fatal": True, "error": {"errorMessage": f"exit status {error.code}", "errorType": "Runtime.ExitError"}}
    try:
        return {"result": json.dumps(result)}
    except (TypeError, ValueError) as error:
        return {"error": {"errorMessage": str(error), "errorType": "Runtime.MarshalError", "stackTrace": []}}


def load(function: dict[str, Any]) -> Callable[..., Any]:
    sys.path[:0] = search_path(function["code"], function["layers"])
    module, name = function["handler"].rsplit(".", 1)
    return getattr(importlib.import_module(module.replace("/", ".")), name)  # type: ignore[no-any-return]


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # print() and native code write to the log
    sys.stdout = sys.stderr

    def answer(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message).encode() + b"\n")
        answers.flush()

    log = LogHandler(sys.stderr)
    logging.basicConfig(handlers=[log], level=logging.WARNING)
    lines = lines_until_the_emulator_dies()
    function = json.loads(lines.get())
    try:
        handler = load(function)
    except BaseException as error:
        traceback.print_exc()
        answer(failure(error))
        raise SystemExit(1) from error
    answer({"ready": True})
    while True:
        message = json.loads(lines.get())
        trace = message.pop("trace", None)
        if trace:
            os.environ["_X_AMZN_TRACE_ID"] = trace
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        context = Context(function, message)
        log.request = context.aws_request_id
        reply = invoke(handler, message, context)
        reply["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        with contextlib.suppress(ValueError):  # a function may have closed its stderr
            sys.stderr.write(f"\n{END}{context.aws_request_id}\n")
            sys.stderr.flush()
        answer(reply)
        if reply.get("fatal"):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
