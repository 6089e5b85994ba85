"""The server's files: gathered once by Maven into the user's cache, whole or not at all."""

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.errors import LocalError
from local.folders import cache_folder
from local.opensearch.modules import describe_modules

VERSION = "2.19.4"
POM = Path(__file__).with_name("pom.xml")
INSTALL = "apt-get install -y maven"


def server_home(*, secure: bool = False) -> Path:
    """Where the server lies; with the security plugin it is another one, as that plugin refuses plain HTTP."""
    return cache_folder() / f"opensearch-{VERSION}{'-secure' if secure else ''}"


def gather(*, secure: bool = False) -> Path:
    home = server_home(secure=secure)
    if home.exists():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(home):
        if not home.exists():
            _gather_into(home, secure=secure)
    return home


def _gather_into(home: Path, *, secure: bool) -> None:
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".gathering-") as workshop:
        _run_maven(Path(workshop), ["-Psecurity"] if secure else [])
        made = Path(workshop) / f"opensearch-{VERSION}"
        describe_modules(made, VERSION)
        made.rename(home)  # one step: a server that is there is complete


def _run_maven(into: Path, profiles: list[str]) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise LocalError(f"Maven gathers OpenSearch and is not here. Install it:  {INSTALL}")
    command = [maven, "-q", "-B", "-f", str(POM), f"-Dinto={into}", f"-Dopensearch.version={VERSION}", *profiles]
    done = subprocess.run([*command, "generate-resources"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"Maven could not gather OpenSearch:\n{(done.stdout + done.stderr)[-3000:]}")


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Two checkouts may start together; the lock ends with its process, however that ends."""
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
