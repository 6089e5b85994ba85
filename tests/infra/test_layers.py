"""Every handler can be imported with nothing but its layers and what Lambda's runtime brings."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.assets import FUNCTIONS, LAYERS, dependency_zip
from infra.config import machine_architecture
from tests.infra.test_functions import BINDING, capability, third_party_layers

# Lambda's Python runtime brings boto3 and what belongs to it.
RUNTIME_BRINGS = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")


@pytest.fixture(scope="session")
def opt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layers unzipped, each in a folder of its own, and the runtime's own packages."""
    folder = tmp_path_factory.mktemp("opt")
    for layer in ("dependencies", "analytics", "marketo", "leads"):
        with zipfile.ZipFile(dependency_zip(layer, machine_architecture())) as archive:
            archive.extractall(folder / layer)
    installed = Path(pytest.__file__).parents[1]
    (folder / "runtime").mkdir()
    for name in RUNTIME_BRINGS:
        if (installed / name).exists():
            (folder / "runtime" / name).symlink_to(installed / name)
    return folder


@pytest.mark.parametrize("module", sorted(BINDING))
def test_a_handler_needs_only_what_is_deployed_with_it(module: str, opt: Path) -> None:
    third_party = [opt / layer / "python" for layer in third_party_layers(module)]
    paths = [FUNCTIONS, LAYERS / "core" / "python", *third_party, opt / "runtime"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_REGION": "us-east-1",
        "LAMBDA_TASK_ROOT": "/var/task",
        "POWERTOOLS_SERVICE_NAME": capability(module),
        "POWERTOOLS_METRICS_NAMESPACE": "Touchline",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    script = f"import {module} as step; assert callable(step.lambda_handler)"
    command = [sys.executable, "-S", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
