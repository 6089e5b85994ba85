"""Lambda: workers that keep exceptions, stay warm, start fast, and die with the emulator.

Faults, in core/lambda_runtime.py `Worker` and services/lambda_svc.py `_execute_function_warm`: every exception becomes
"Runtime.HandlerError" without a stack trace; a worker is killed after each exception; an invocation that logs nothing
waits 50 ms; each worker unzips code and layers again and leaves them behind; layers come before the function's code on
sys.path; the emulator's environment leaks in; a killed emulator leaves its workers running.
AWS: the class name of the exception is the error's name; the environment is reused after an error; /var/task comes
first; a function sees its own environment.
Without it: Retry and Catch of state machines never match, 20 requests/s, cold starts of seconds, orphans that write
into the stores of the next run.
"""

import contextlib
import functools
import hashlib
import io
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from pathlib import Path
from typing import IO, Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.emulator import lambda_runtime as runtime

UNUSED_CODE_DAYS = 7
PIPE_BYTES = 1024 * 1024  # the largest that an ordinary user may ask for; a request is ten times a default pipe
# Lambda's limit for a synchronous answer, and that of its request.
PAYLOAD_BYTES = 6 * 1024 * 1024
_PASSED_ON = ("PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")

# What the invocation that runs on this thread leaves for the log: stream and peak memory.
observed = threading.local()


class WorkerError(Exception):
    """The process ended, or was ended, before it answered."""


def _unpack_directory() -> Path:
    return Path(tempfile.gettempdir()) / "lambda-code"


@functools.lru_cache(maxsize=256)
def unpacked(archive: bytes) -> str:
    """The folder with an archive's content, unpacked once per content and kept between runs."""
    folder = _unpack_directory() / hashlib.sha256(archive).hexdigest()[:32]
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = tempfile.mkdtemp(dir=folder.parent)
        with zipfile.ZipFile(io.BytesIO(archive)) as content:
            content.extractall(fresh)
        try:
            os.rename(fresh, folder)
        except OSError:  # another worker was faster
            shutil.rmtree(fresh)
    os.utime(folder)
    return str(folder)


def forget_unused_code() -> None:
    oldest = time.time() - UNUSED_CODE_DAYS * 86400
    for folder in _unpack_directory().glob("*"):
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder)


def environment(config: dict[str, Any], code: str, stream: str) -> dict[str, str]:
    """What the function finds in its environment; nothing else of the emulator's."""
    own = (config.get("Environment") or {}).get("Variables", {})
    _, region = lambda_runtime._account_region_from_function_config(config)
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', '4566')}",
        lambda_runtime.HOST_PREFIX_ENV: "true",
        **{name: value for name, value in own.items() if name not in lambda_runtime._RESERVED_RUNTIME_ENV_VARS},
        **lambda_runtime.execution_credentials(config),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', '')}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_LOG_GROUP_NAME": group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_TASK_ROOT": code,
        "_HANDLER": config.get("Handler", ""),
    }


class Lines:
    """Complete lines from a pipe, without a thread."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        if pipe is None:
            raise ValueError("the process has no such pipe")
        self.descriptor = pipe.fileno()
        self.ended = False
        self._parts: list[bytes] = []

    def read(self) -> list[bytes]:
        data = os.read(self.descriptor, PIPE_BYTES)
        if not data:
            self.ended = True
            return []
        self._parts.append(data)
        if b"\n" not in data:
            return []
        *lines, rest = b"".join(self._parts).split(b"\n")
        self._parts = [rest] if rest else []
        return lines


class Worker(lambda_runtime.Worker):  # type: ignore[misc]
    """One execution environment of a Python function."""

    _proc: "subprocess.Popen[bytes] | None"
    stream = ""
    _early = ""  # logged by the module while it was imported

    def invoke(self, event: Any, request_id: str, **call: Any) -> dict[str, Any]:
        with self._lock:
            started = self._proc is None or self._proc.poll() is not None
            try:
                if started and (refusal := self._start()):
                    return {**refusal, "cold_start": True}
                return {**self._run(event, request_id, call), "cold_start": started}
            except WorkerError as error:
                self._end()
                message = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
                return _failed("Runtime.ExitError", message, str(error))
            except TimeoutError as error:
                self._end()
                seconds = f"{float(self.config.get('Timeout', 3)):.2f}"
                return _failed("Sandbox.Timedout", f"{request_id} Task timed out after {seconds} seconds", str(error))

    def _run(self, event: Any, request_id: str, call: dict[str, Any]) -> dict[str, Any]:
        seconds = float(self.config.get("Timeout", 3))
        arn = call.get("invoked_function_arn") or self.config.get("FunctionArn", "")
        message = {"event": event, "id": request_id, "arn": arn, "seconds": seconds, "trace": call.get("trace_id")}
        self._send(message)
        answer, log = self._answer(seconds, (runtime.END + request_id).encode())
        if answer.pop("fatal", False):
            self._end()
        return {**answer, "log": log}

    def _start(self) -> dict[str, Any] | None:
        """Start the process; where the module cannot be imported, the error that an invocation then answers."""
        self.stream = time.strftime("%Y/%m/%d/", time.gmtime()) + f"[{self._version()}]{uuid.uuid4().hex}"
        code = unpacked(self.code_zip)
        layers = [unpacked(archive) for archive in map(lambda_svc._resolve_layer_zip, self._layers()) if archive]
        self._proc = subprocess.Popen(
            [sys.executable, "-P", "-u", runtime.__file__],
            cwd=code,
            env=environment(self.config, code, self.stream),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pipesize=PIPE_BYTES,
        )
        self._answers, self._log = Lines(self._proc.stdout), Lines(self._proc.stderr)
        function = {"name": self.config["FunctionName"], "version": self._version(), "code": code, "layers": layers}
        self._send(function | {"memory": self.config.get("MemorySize", 128), "handler": self.config.get("Handler")})
        answer, log = self._answer(float(os.environ.get("EMULATOR_INIT_SECONDS", "60")), None)
        if "error" not in answer:
            self._early = log
            return None
        self._end()
        return {**answer, "log": log}

    def _answer(self, seconds: float, end_of_log: bytes | None) -> tuple[dict[str, Any], str]:
        """The next answer and everything logged up to it."""
        answer: bytes | None = None
        logged = end_of_log is None
        log, self._early = [self._early] if self._early else [], ""
        deadline = time.monotonic() + seconds
        while (answer is None or not logged) and not self._ended():
            for source in self._readable(deadline, log):
                lines = source.read()
                if source is self._answers:
                    answer = lines[-1] if lines else answer
                else:
                    logged = logged or end_of_log in lines
                    log += [line.decode(errors="replace") for line in lines if line and line != end_of_log]
        if answer is None:
            raise WorkerError("\n".join(log))
        return json.loads(answer), "\n".join(log)

    def _ended(self) -> bool:
        return self._answers.ended or self._log.ended

    def _readable(self, deadline: float, log: list[str]) -> list[Lines]:
        sources = [source for source in (self._log, self._answers) if not source.ended]
        poll = select.poll()
        for source in sources:
            poll.register(source.descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(max(0.0, deadline - time.monotonic()) * 1000)}
        if not ready:
            raise TimeoutError("\n".join(log))
        return [source for source in sources if source.descriptor in ready]

    def _send(self, message: dict[str, Any]) -> None:
        if self._proc is None or self._proc.stdin is None:
            raise WorkerError("the worker was ended")
        try:
            self._proc.stdin.write(json.dumps(message).encode() + b"\n")
            self._proc.stdin.flush()
        except OSError as error:
            raise WorkerError(str(error)) from error

    def _end(self) -> None:
        process, self._proc = self._proc, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # closing stdin flushes what nobody reads any more
                        pipe.close()

    def _version(self) -> str:
        return str(self.config.get("Version", "$LATEST"))

    def _layers(self) -> list[Any]:
        return list(self.config.get("Layers") or [])


def _failed(kind: str, message: str, log: str) -> dict[str, Any]:
    return {"error": {"errorType": kind, "errorMessage": message}, "log": log}


def _worker_class_for(original: Any) -> Any:
    def choose(config: dict[str, Any]) -> Any:
        return Worker if str(config.get("Runtime", "")).startswith("python") else original(config)

    return choose


def _execute(original: Any) -> Any:
    def execute(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        config = function.get("config") or function
        if not str(config.get("Runtime", "")).startswith("python"):
            return dict(original(function, event, request_id))
        lambda_svc._ensure_reaper_thread()
        worker, _ = lambda_runtime.acquire_worker(
            config["FunctionName"], config, function["code_zip"], qualifier=config.get("Version", "$LATEST")
        )
        try:
            arn, trace = config.get("FunctionArn", ""), lambda_svc._xray_trace_id_for_invocation(config)
            answer = worker.invoke(event, request_id, trace_id=trace, invoked_function_arn=arn)
            observed.stream, observed.peak_mb = worker.stream, answer.get("peak_mb", 0)
        finally:
            lambda_runtime.release_worker(worker)
        if "error" in answer:
            return {"body": {"requestId": request_id, **answer["error"]}, "error": True, "log": answer["log"]}
        return _within_limit(answer)

    return execute


def _within_limit(answer: dict[str, Any]) -> dict[str, Any]:
    size = len(answer["result"])
    if size <= PAYLOAD_BYTES:
        return {"body": json.loads(answer["result"]), "log": answer["log"]}
    message = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({PAYLOAD_BYTES} bytes)."
    error = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
    return {"body": error, "error": True, "log": answer["log"]}


def apply() -> None:
    forget_unused_code()
    lambda_runtime._worker_class_for = _worker_class_for(lambda_runtime._worker_class_for)
    lambda_svc._execute_function_warm = _execute(lambda_svc._execute_function_warm)
