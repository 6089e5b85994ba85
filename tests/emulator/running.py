"""An emulator in a folder of its own, and the few things that tests make in it."""

import io
import json
import os
import socket
import subprocess
import time
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"
ROLE = "arn:aws:iam::000000000000:role/any"


def python() -> str:
    """The interpreter of the emulator's own environment."""
    found = Path(os.environ.get("EMULATOR_PYTHON", ROOT / ".local/emulator-venv/bin/python"))
    if not found.exists():
        raise FileNotFoundError(f"{found} is not there: `./dev test` makes the emulator's environment.")
    return str(found)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Emulator:
    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.move()
        own = {"STATE_DIR": "state", "S3_DATA_DIR": "objects", "TMPDIR": "tmp"}
        folders = {name: str(folder / sub) for name, sub in own.items()}
        self._environment = {"AUTH": "false", **folders, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def move(self) -> "Emulator":
        """From the next start, on another port."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client: Callable[[str], Any] = cache(self._client)
        return self

    def start(self) -> "Emulator":
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [python(), "-m", "local.emulator"],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "GATEWAY_PORT": str(self.port), **self._environment},
                stdout=log,
                stderr=log,
            )
        wait_for(self._ready)
        return self

    def forget(self, setting: str) -> None:
        """Leave a setting to its default."""
        del self._environment[setting]

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text())
        try:
            return requests.get(f"{self.url}/_ministack/ready", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, read_timeout=120, s3={"addressing_style": "path"}),
        )

    def make_function(self, name: str, code: str, **config: Any) -> str:
        made = self.client("lambda").create_function(
            FunctionName=name, Code={"ZipFile": zipped({"index.py": code})}, **function_config(config)
        )
        arn: str = made["FunctionArn"]
        return arn

    def invoke(self, name: str, event: Any = None) -> Any:
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read() or "null")

    def make_stack(self, name: str, resources: dict[str, Any]) -> dict[str, Any]:
        """Deploy, wait, and return the stack."""
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
        return self.wait_for_stack(name)

    def wait_for_stack(self, name: str) -> dict[str, Any]:
        def finished() -> dict[str, Any] | None:
            stack: dict[str, Any] = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        return wait_for(finished)

    def make_api(self, function: str) -> str:
        """An HTTP API whose every request goes to the function; its URL."""
        gateway = self.client("apigatewayv2")
        api = gateway.create_api(Name=f"{function}-api", ProtocolType="HTTP")["ApiId"]
        uri = f"arn:aws:lambda:{REGION}:000000000000:function:{function}"
        integration = gateway.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=uri, PayloadFormatVersion="2.0"
        )["IntegrationId"]
        gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
        gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        return self.api_url(api)

    def api_url(self, api: str) -> str:
        return f"{self.url}/_aws/execute-api/{api}/$default"

    def make_queue(self, name: str, **attributes: str) -> str:
        url: str = self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url

    def map_queue(self, queue: str, function: str, **config: Any) -> str:
        arn = f"arn:aws:sqs:{REGION}:000000000000:{queue}"
        mapping: str = self.client("lambda").create_event_source_mapping(
            EventSourceArn=arn, FunctionName=function, **config
        )["UUID"]
        return mapping

    def run_machine(self, name: str, definition: dict[str, Any], given: Any = None) -> dict[str, Any]:
        """Make a JSONata machine, run it once, and return the finished execution."""
        machines = self.client("stepfunctions")
        text = json.dumps({"QueryLanguage": "JSONata", **definition})
        machine = machines.create_state_machine(name=name, definition=text, roleArn=ROLE)["stateMachineArn"]
        execution = machines.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]

        def finished() -> dict[str, Any] | None:
            found: dict[str, Any] = machines.describe_execution(executionArn=execution)
            return None if found["status"] == "RUNNING" else found

        return wait_for(finished)


def function_config(config: dict[str, Any]) -> dict[str, Any]:
    return {"Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE, "Timeout": 30, **config}


def zipped(files: dict[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        for name, text in files.items():
            content.writestr(name, text)
    return archive.getvalue()


def wait_for[T](condition: Callable[[], T | None], seconds: float = 60) -> T:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise TimeoutError(f"waited {seconds} s in vain")


def repaired(probe: Callable[[Emulator], Any], stock: Emulator, patched: Emulator, *, fault: Any, aws: Any) -> None:
    """What a repair is for is still broken without it, and as on AWS with it."""
    found = probe(stock)
    assert found == fault, f"ministack now does {found!r}: look whether the repair can go"
    assert probe(patched) == aws


def evaluated(expression: str, folder: Path) -> tuple[str, str]:
    """What an expression over ministack's modules is without and with the repairs: for faults that are only slow."""
    modules = "from ministack.core import lambda_runtime; from ministack.services import scheduler, stepfunctions"
    shown = f"import inspect; {modules}; print({expression})"
    repairs = "from local.emulator.patches import apply_all; apply_all(); "
    environment = {
        "PATH": os.environ["PATH"],
        "STATE_DIR": str(folder),
        "S3_DATA_DIR": str(folder),
        "LOG_LEVEL": "ERROR",
    }

    def run(code: str) -> str:
        command = [python(), "-c", code]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()

    return run(shown), run(repairs + shown)
