"""Functions without the layer for analytics must start without anything of it."""

import os
import subprocess
import sys

import pytest

ANALYTICS = ("numpy", "duckdb", "iminuit", "mpmath", "polars", "httpx")
TOLD = "import sys, {module}; print([name for name in {analytics} if name in sys.modules])"


@pytest.mark.parametrize(
    "module",
    [
        "attribute_conversions.handler",
        "ingest_events.handler",
        "index_events.handler",
        "manage_api.handler",
        "manage_marketo.handler",
        "start_execution.handler",
        "manage_tenants.handler",
        "maintain_indices.handler",
        "prepare_search.handler",
    ],
)
def test_a_function_without_arrays_starts_without_them(module: str) -> None:
    assert _loaded(module) == "[]\n"


def test_questions_start_without_the_engine_that_only_builds_columns() -> None:
    assert "duckdb" not in _loaded("query_api.handler")


def _loaded(module: str) -> str:
    environment = os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONPATH": "functions:layers/core/python"}
    code = TOLD.format(module=module, analytics=ANALYTICS)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
