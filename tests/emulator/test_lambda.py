"""Functions behave as on Lambda: errors, environment, order of imports, reuse, ends."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.emulator.running import Emulator, evaluated, function_config, repaired, wait_for, zipped

RAISES = """
class StoreUnavailable(Exception): ...
def handler(event, context):
    raise StoreUnavailable("busy")
"""
COUNTS = """
import os
calls = 0
def handler(event, context):
    global calls
    calls += 1
    if event == "fail":
        raise ValueError("no")
    if event == "die":
        os.kill(os.getpid(), 9)
    if event == "leave":
        raise SystemExit(3)
    return {"calls": calls, "process": os.getpid()}
"""


def test_an_exception_keeps_its_name_and_its_stack(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> Any:
        emulator.make_function("raises", RAISES)
        answer = emulator.invoke("raises")
        return answer["errorType"], answer["errorMessage"], "index.py" in str(answer.get("stackTrace"))

    fault = ("Runtime.HandlerError", "busy", False)
    repaired(probe, stock, patched, fault=fault, aws=("StoreUnavailable", "busy", True))


def test_a_worker_survives_an_exception_of_its_function(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> int:
        emulator.make_function("counts", COUNTS)
        emulator.invoke("counts", "fail")
        return int(emulator.invoke("counts", "count")["calls"])

    repaired(probe, stock, patched, fault=1, aws=2)


def test_a_silent_function_is_answered_at_once(tmp_path: Path) -> None:
    worker = "lambda_runtime._worker_class_for({'Runtime': 'python3.13'})"
    waits = f"'_drain_stderr_bounded' in inspect.getsource({worker}.invoke)"
    assert evaluated(waits, tmp_path) == ("True", "False")


def test_the_code_of_a_function_goes_before_its_layers(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> Any:
        layer = emulator.client("lambda").publish_layer_version(
            LayerName="shadow", Content={"ZipFile": zipped({"python/name.py": "where = 'layer'"})}
        )["LayerVersionArn"]
        code = {"index.py": "import name\ndef handler(e, c): return name.where", "name.py": "where = 'function'"}
        config = function_config({"Layers": [layer]})
        emulator.client("lambda").create_function(FunctionName="order", Code={"ZipFile": zipped(code)}, **config)
        return emulator.invoke("order")

    repaired(probe, stock, patched, fault="layer", aws="function")


def test_a_function_sees_its_own_environment_alone(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> tuple[bool, Any]:
        code = "import os\ndef handler(event, context): return dict(os.environ)"
        emulator.make_function("environment", code, Environment={"Variables": {"MINE": "1"}})
        seen = emulator.invoke("environment")
        return "STATE_DIR" in seen, seen.get("MINE")

    repaired(probe, stock, patched, fault=(True, "1"), aws=(False, "1"))


def test_nothing_of_the_emulator_can_be_imported(patched: Emulator) -> None:
    patched.make_function("alone", "def handler(event, context):\n    import journal")
    assert patched.invoke("alone")["errorType"] == "ModuleNotFoundError"


def test_a_killed_worker_fails_one_invocation(patched: Emulator) -> None:
    patched.make_function("killed", COUNTS)
    before = patched.invoke("killed", "count")
    assert patched.invoke("killed", "die")["errorType"] == "Runtime.ExitError"
    after = patched.invoke("killed", "count")
    assert after["calls"] == 1
    assert after["process"] != before["process"]


def test_a_function_that_exits_is_a_runtime_that_died(patched: Emulator) -> None:
    patched.make_function("leaves", COUNTS)
    assert patched.invoke("leaves", "leave")["errorType"] == "Runtime.ExitError"
    assert patched.invoke("leaves", "count")["calls"] == 1


def test_a_function_that_takes_too_long_is_ended(patched: Emulator) -> None:
    patched.make_function("slow", "import time\ndef handler(event, context): time.sleep(60)", Timeout=1)
    assert patched.invoke("slow")["errorType"] == "Sandbox.Timedout"


def test_a_module_that_cannot_be_imported_says_why(patched: Emulator) -> None:
    patched.make_function("broken", "import nothing_of_that_name")
    assert patched.invoke("broken")["errorType"] == "ModuleNotFoundError"


def test_an_answer_above_six_megabytes_is_refused(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> Any:
        emulator.make_function("large", "def handler(event, context): return 'x' * 6_300_000")
        answer = emulator.invoke("large")
        return answer["errorType"] if isinstance(answer, dict) else len(answer)

    repaired(probe, stock, patched, fault=6_300_000, aws="Function.ResponseSizeTooLarge")


def test_workers_die_with_a_killed_emulator(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator()
    emulator.make_function("counts", COUNTS)
    process = emulator.invoke("counts", "count")["process"]
    emulator.kill()
    wait_for(lambda: not _alive(process))


def _alive(process: int) -> bool:
    try:
        os.kill(process, signal.SIGCONT)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as stat:  # an orphan's body may lie there until init collects it
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_function_is_unpacked_once(patched: Emulator) -> None:
    patched.make_function("where", "def handler(event, context): return __file__")
    first = patched.invoke("where")
    patched.client("lambda").update_function_configuration(FunctionName="where", Description="a new worker")
    assert patched.invoke("where") == first


def test_the_log_of_a_worker_is_one_stream_of_limited_length(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> int:
        emulator.make_function("talks", "def handler(event, context): print('hello', event)")
        for number in range(3):
            emulator.invoke("talks", number)
        logs = emulator.client("logs")
        events = logs.filter_log_events(logGroupName="/aws/lambda/talks", filterPattern="hello")["events"]
        assert {event["message"] for event in events} == {f"hello {number}" for number in range(3)}
        return len(logs.describe_log_streams(logGroupName="/aws/lambda/talks")["logStreams"])

    repaired(probe, stock, patched, fault=3, aws=1)


def test_old_lines_of_a_log_are_forgotten(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator(EMULATOR_LOG_LINES="10")
    emulator.make_function("talks", "def handler(event, context): print(*range(40), sep='\\n')")
    emulator.invoke("talks")
    found = emulator.client("logs").filter_log_events(logGroupName="/aws/lambda/talks")["events"]
    assert [event["message"] for event in found][:8] == [str(number) for number in range(32, 40)]


def test_a_reserved_concurrency_of_a_template_is_kept(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> Any:
        code = {"ZipFile": "def handler(event, context): return 1"}
        properties = function_config({"Code": code, "FunctionName": "reserved", "ReservedConcurrentExecutions": 1})
        emulator.make_stack("reserved", {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}})
        found = emulator.client("lambda").get_function_concurrency(FunctionName="reserved")
        return found.get("ReservedConcurrentExecutions")

    repaired(probe, stock, patched, fault=None, aws=1)


def test_events_and_answers_are_any_json(patched: Emulator) -> None:
    patched.make_function("any-json", "def handler(event, context): return event")
    for value in (None, "ü\n\u2028", [1, {"a": None}], "x" * 1_000_000):
        assert patched.invoke("any-json", value) == value
    assert json.dumps(patched.invoke("any-json", {"deep": {"er": [1.5]}}))
