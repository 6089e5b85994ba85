"""Finds a Java that OpenSearch 2.19 runs on, or says how to get one."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

OLDEST, NEWEST = 11, 23  # 24 has no security manager, which OpenSearch 2 needs
INSTALL = "apt-get install -y openjdk-17-jre-headless"


@dataclass(frozen=True, slots=True)
class Java:
    executable: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def find_java() -> Java:
    found = [java for java in map(_inspect, _places()) if java]
    for java in found:
        if OLDEST <= java.major <= NEWEST:
            return java
    had = ", ".join(f"{java.version} in {java.executable}" for java in found) or "none"
    raise LocalError(
        f"OpenSearch needs Java {OLDEST} to {NEWEST}; found: {had}.\n"
        f"Install one:  {INSTALL}\nor name one:  export OPENSEARCH_JAVA_HOME=/path/to/java"
    )


def _places() -> Iterator[Path]:
    for name in ("OPENSEARCH_JAVA_HOME", "JAVA_HOME"):
        if os.environ.get(name):
            yield Path(os.environ[name])
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve().parent.parent
    yield from sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)


def _inspect(home: Path) -> Java | None:
    executable = home / "bin" / "java"
    if not os.access(executable, os.X_OK):
        return None
    told = subprocess.run([executable, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "([\d._]+)', told)
    return Java(executable, version[1]) if version else None
