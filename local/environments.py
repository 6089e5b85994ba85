"""The emulator's own Python environment, made from its lock; Lambda handlers run on it."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from local.errors import LocalError
from local.folders import CHECKOUT, EMULATOR_ENVIRONMENT

LOCK = CHECKOUT / "local" / "emulator" / "requirements.txt"


def emulator_python() -> Path:
    python, mark = EMULATOR_ENVIRONMENT / "bin" / "python", EMULATOR_ENVIRONMENT / ".made-from"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if python.exists() and mark.exists() and mark.read_text() == wanted:
        return python
    _run("venv", "--quiet", "--allow-existing", "--python", sys.executable, str(EMULATOR_ENVIRONMENT))
    _run("pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", "--python", str(python), str(LOCK))
    mark.write_text(wanted)
    return python


def _run(*words: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    environment = os.environ | {"UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run([uv, *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"uv {words[0]} failed for the emulator's environment:\n{done.stderr[-3000:]}")
