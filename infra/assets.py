"""What is shipped to Lambda: each function's own folder, the core, and third-party layers built once per lock."""

import compileall
import hashlib
import os
import py_compile
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from uv import find_uv_bin

from infra.config import Architecture
from infra.trimming import trim

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"
LAYERS = ROOT / "layers"

PYTHON_VERSION = "3.13"
# 2_28 is what Lambda's Python 3.13 (Amazon Linux 2023) offers; an older tag resolves to older wheels without a word.
PLATFORMS: dict[Architecture, str] = {
    "x86_64": "x86_64-manylinux_2_28",
    "arm64": "aarch64-manylinux_2_28",
}
BUILD_RECIPE = "2"  # counts up when trimming or compiling changes, so that caches are not reused
_UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
BEGINNING_OF_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class MissingSourceError(Exception):
    """A folder that the stacks name is not there."""


def function_folder(capability: str) -> Path:
    folder = FUNCTIONS / capability
    if not folder.is_dir():
        raise MissingSourceError(f"functions/{capability} does not exist, but the stacks deploy it.")
    return folder


def sources_hash(*folders: Path) -> str:
    """Changes when any source file below the folders does."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def dependency_zip(layer: str, architecture: Architecture) -> Path:
    """The zip of a third-party layer. Built at most once per lock and architecture for all checkouts of this user."""
    requirements = LAYERS / layer / "requirements.txt"
    if not requirements.is_file():
        raise MissingSourceError(f"layers/{layer}/requirements.txt does not exist; `./dev lock` makes it.")
    recipe = f"{PYTHON_VERSION}|{PLATFORMS[architecture]}|{BUILD_RECIPE}".encode()
    digest = hashlib.sha256(requirements.read_bytes() + recipe).hexdigest()
    finished = _cache_folder() / f"{layer}-{architecture}-{digest[:16]}.zip"
    if not finished.is_file():
        _build(requirements, architecture, finished)
    return finished


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "touchline" / "layers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _build(requirements: Path, architecture: Architecture, finished: Path) -> None:
    # Built beside its final place and renamed, so that two checkouts that build at once cannot spoil each other's.
    with tempfile.TemporaryDirectory(dir=finished.parent) as scratch:
        packages = Path(scratch) / "python"
        _install(requirements, architecture, packages)
        trim(packages)
        _compile(packages)
        unfinished = Path(scratch) / "layer.zip"
        _zip(Path(scratch), packages, unfinished)
        unfinished.replace(finished)


def _install(requirements: Path, architecture: Architecture, packages: Path) -> None:
    command = [find_uv_bin(), "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
    command += ["--no-compile-bytecode", "--link-mode", "copy", "--target", str(packages)]
    command += ["--python-version", PYTHON_VERSION, "--python-platform", PLATFORMS[architecture]]
    done = subprocess.run([*command, "-r", str(requirements)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"uv could not install {requirements.relative_to(ROOT)}:\n{done.stderr}")


def _compile(packages: Path) -> None:
    # /opt is read-only in Lambda: without these every cold start would compile each module that it imports again.
    # Unchecked, because unzipping gives the sources new times.
    if f"{sys.version_info.major}.{sys.version_info.minor}" != PYTHON_VERSION:
        raise RuntimeError(f"Layers are compiled by the interpreter that synthesizes, which must be {PYTHON_VERSION}.")
    compileall.compile_dir(
        packages,
        quiet=2,
        stripdir=str(packages.parent),
        prependdir="/opt",
        invalidation_mode=_UNCHECKED,
    )


def _zip(base: Path, packages: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(packages.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(base)), BEGINNING_OF_ZIP_TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o755 if path.suffix == ".so" else 0o644) << 16
                archive.writestr(entry, path.read_bytes())
