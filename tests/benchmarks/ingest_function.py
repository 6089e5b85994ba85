"""The ingest function in this process, against a Powertools handler that parses JSON and sends the same bytes."""

import base64
import contextlib
import gc
import os
import statistics
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import orjson
from touchline.services.accept_events import Intake
from touchline.services.authenticate import Caller

from tests.benchmarks.accepting import TENANT, memory_intake
from tests.benchmarks.harness import Report
from tests.benchmarks.sample_events import api_events

EVENTS = 1_000
ROUNDS = 40
STARTS = 15
REACH_MICROSECONDS, REACH_IMPORT, REACH_MEBIBYTES = 20, 1.5, 256
LARGEST_EVENTS, LARGEST_BYTES = 5_000, 16 * 1024 * 1024
ENVIRONMENT = {
    "EVENTS_QUEUE_URL": "bench",
    "TENANTS_TABLE": "bench",
    "API_KEYS_TABLE": "bench",
    "RATE_LIMITS_TABLE": "bench",
    "IDEMPOTENCY_TABLE": "bench",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "POWERTOOLS_SERVICE_NAME": "ingest_events",
    "POWERTOOLS_METRICS_NAMESPACE": "Touchline",
}


def measure(report: Report) -> None:
    os.environ |= ENVIRONMENT
    cost = _microseconds_an_event()
    report.add(
        "ingest function: validating and packing", cost, "µs/event", rival="Powertools handler that sends the same",
        rival_value=None, reach=f"<= {REACH_MICROSECONDS}", met=cost <= REACH_MICROSECONDS,
    )  # fmt: skip
    ours, plain = _starts()
    report.add(
        "ingest function: import, all it needs", ours, "ms", rival="Powertools-only handler", rival_value=plain,
        reach=f"<= {REACH_IMPORT} x", met=ours / plain <= REACH_IMPORT,
    )  # fmt: skip
    peak = _peak_mebibytes()
    report.add(
        "ingest function: peak memory, largest request", peak, "MiB", rival="its memory in Lambda",
        rival_value=REACH_MEBIBYTES, reach=f"<= {REACH_MEBIBYTES}", met=peak <= REACH_MEBIBYTES,
    )  # fmt: skip
    report.note(
        f"Ingest function: {EVENTS:,} events of about 700 B a request, the difference of the medians of {ROUNDS} "
        f"requests in turn, SQS left out of both; import in fresh processes, medians of {STARTS}; memory for "
        f"{LARGEST_EVENTS:,} events in 16 MiB."
    )


def _microseconds_an_event() -> float:
    from tests.benchmarks import plain_handler

    body = orjson.dumps({"events": list(islice(api_events(100_000, until=datetime.now(UTC), days=1), EVENTS))}).decode()
    event = {"headers": {"content-type": "application/json"}, "body": body, "isBase64Encoded": False}
    intake = memory_intake()
    handler = _handler_in_memory(intake)
    plain_handler.queue = lambda: _Nowhere()
    ways: dict[str, Callable[..., Any]] = {"ours": handler.lambda_handler, "plain": plain_handler.lambda_handler}
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    with contextlib.redirect_stdout(StringIO()):
        for _ in range(ROUNDS):
            for name, way in ways.items():
                gc.collect()
                began = perf_counter()
                if way(event, Context())["statusCode"] != 202:
                    raise RuntimeError("the request was refused")
                times[name].append(perf_counter() - began)
                intake.queue.batches.clear()
    return (statistics.median(times["ours"]) - statistics.median(times["plain"])) / EVENTS * 1e6


def _starts() -> tuple[float, float]:
    """Milliseconds from an empty interpreter to a handler that has its clients; ours, the plain one's."""
    clients = "import boto3; boto3.client('sqs')"
    ours = f"import ingest_events.handler; {clients}; boto3.client('dynamodb')"
    plain = f"import tests.benchmarks.plain_handler; {clients}; boto3.client('dynamodb')"
    times: dict[str, list[float]] = {ours: [], plain: []}
    for _ in range(STARTS):
        for code, taken in times.items():
            taken.append(
                float(_python(f"import time; a = time.perf_counter(); {code}; print(time.perf_counter() - a)"))
            )
    return statistics.median(times[ours]) * 1e3, statistics.median(times[plain]) * 1e3


def _peak_mebibytes() -> float:
    with TemporaryDirectory() as folder:
        request = Path(folder) / "request"
        request.write_text(_largest_body())
        code = f"from tests.benchmarks.ingest_function import handle_largest; handle_largest({str(request)!r})"
        return float(_python(code))


def _largest_body() -> str:
    lines = []
    for event in islice(api_events(100_000, until=datetime.now(UTC), days=1), LARGEST_EVENTS):
        room = LARGEST_BYTES // LARGEST_EVENTS - len(orjson.dumps(event)) - 100
        event["properties"] |= {f"text{part}": "x" * 900 for part in range(room // 1000)}
        lines.append(orjson.dumps(event))
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return base64.b64encode(packer.compress(b"\n".join(lines)) + packer.flush()).decode()


def handle_largest(request: str) -> None:
    """Runs in a process of its own, as in Lambda: the peak, in MiB, is printed."""
    handler = _handler_in_memory(memory_intake())
    headers = {"content-type": "application/x-ndjson", "content-encoding": "gzip"}
    event = {"headers": headers, "body": Path(request).read_text(), "isBase64Encoded": True}
    with contextlib.redirect_stdout(StringIO()):
        answer = handler.lambda_handler(event, Context())
    if answer["statusCode"] != 202:
        raise RuntimeError(answer["body"])
    # Not getrusage's maximum: a new process inherits that from the one that started it.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(int(peak.split()[1]) / 1024)


def _handler_in_memory(intake: Intake) -> Any:
    from ingest_events import handler, parts

    parts.intake = lambda: intake
    parts.key_ring = lambda: None
    handler.authenticate = lambda *_, **__: Caller(TENANT, None)
    return handler


def _python(code: str) -> str:
    path = os.pathsep.join([".", "functions", "layers/core/python"])
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip().splitlines()[-1]


class _Nowhere:
    def send_message(self, **_: Any) -> None:
        """Sending takes as long for both; it is left out of both."""


class Context:
    function_name = "ingest_events"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:ingest_events"
    aws_request_id = "bench"
