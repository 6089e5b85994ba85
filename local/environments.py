"""Python environments beside our own: the emulator's, on which Lambda handlers run, and the benchmarks' rivals'."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from local.errors import LocalError
from local.folders import CHECKOUT, EMULATOR_ENVIRONMENT, RIVAL_ENVIRONMENT


def emulator_python() -> Path:
    return _python(EMULATOR_ENVIRONMENT, CHECKOUT / "local" / "emulator" / "requirements.txt")


def rival_python() -> Path:
    return _python(RIVAL_ENVIRONMENT, CHECKOUT / "tests" / "benchmarks" / "requirements.txt")


def _python(environment: Path, lock: Path) -> Path:
    """The environment's interpreter, made from its lock where that has changed."""
    python, mark = environment / "bin" / "python", environment / ".made-from"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if python.exists() and mark.exists() and mark.read_text() == wanted:
        return python
    _run("venv", "--quiet", "--allow-existing", "--python", sys.executable, str(environment))
    _run("pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", "--python", str(python), str(lock))
    mark.write_text(wanted)
    return python


def _run(*words: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    environment = os.environ | {"UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run([uv, *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"uv {words[0]} failed for {words[-1]}:\n{done.stderr[-3000:]}")
