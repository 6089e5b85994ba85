"""Third-party layers are trimmed of what is never read, and what is left still works."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.assets import dependency_zip
from infra.config import machine_architecture
from infra.trimming import trim, without_symbols

WORK = """
import numpy as np, phonenumbers, polars as pl, polars_hash
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

assert np.linalg.inv(np.eye(2) * 2)[0, 0] == 0.5
assert phonenumbers.is_valid_number(phonenumbers.parse("+41446681800"))
addresses = pl.DataFrame({"email": ["person@example.com"]})
assert addresses.select(polars_hash.col("email").chash.sha2_256()).item().startswith("542d2401")
assert process.cdist(["martha"], ["marhta"], scorer=JaroWinkler.similarity).round(3)[0, 0] == 0.961
assert JaroWinkler.similarity.__module__.startswith("rapidfuzz.distance.metrics_cpp"), "the slow one, in Python"
"""


def test_what_is_left_of_the_layer_for_leads_works(tmp_path: Path) -> None:
    with zipfile.ZipFile(dependency_zip("leads", machine_architecture())) as archive:
        archive.extractall(tmp_path)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", WORK], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_library_without_symbols_is_shorter_and_loads(tmp_path: Path) -> None:
    import zstandard.backend_c as backend

    whole = Path(backend.__file__)
    short = tmp_path / whole.name
    short.write_bytes(without_symbols(whole.read_bytes()))
    assert short.stat().st_size < whole.stat().st_size
    script = f"""
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("zstandard.backend_c", {str(short)!r})
spec.loader.exec_module(module_from_spec(spec))
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_second_trimming_changes_nothing(tmp_path: Path) -> None:
    shutil.copytree(Path(pytest.__file__).parents[1] / "rapidfuzz", tmp_path / "rapidfuzz")
    trim(tmp_path)
    once = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    trim(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == once


def test_what_is_no_library_is_left_alone() -> None:
    assert without_symbols(b"INPUT(libc.so)") == b"INPUT(libc.so)"
