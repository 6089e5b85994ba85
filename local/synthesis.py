"""Makes the cloud assembly from the CDK app, unless the sources are those of the last one."""

import os
import platform
import subprocess
import sys
from pathlib import Path

from local.errors import LocalError
from local.fingerprint import fingerprint
from local.folders import CHECKOUT

SOURCES = ("infra", "functions", "layers", "requirements.txt", "cdk.json")


def assembly_folder(stage: str) -> Path:
    return CHECKOUT / "cdk.out" / stage


def sources_fingerprint(stage: str) -> str:
    return fingerprint(CHECKOUT, SOURCES, stage, platform.machine())


def synthesize(stage: str, *, always: bool = False) -> Path:
    folder = assembly_folder(stage)
    wanted, mark = sources_fingerprint(stage), folder / ".made-from"
    if not always and mark.exists() and mark.read_text() == wanted:
        return folder
    mark.unlink(missing_ok=True)
    environment = os.environ | {
        "TOUCHLINE_STAGE": stage,
        "CDK_OUTDIR": str(folder),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    }
    # -O leaves out jsii's run-time type checks, which take half of the time; mypy has checked the same types.
    command = [sys.executable, "-O", "-m", "infra.app"]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or not (folder / "manifest.json").exists():
        raise LocalError(f"The CDK app could not be synthesized:\n{(done.stdout + done.stderr)[-6000:]}")
    mark.write_text(wanted)
    return folder
