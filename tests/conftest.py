"""Real parts for the tests that ask for them; a test that asks for none starts nothing."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from local.opensearch import Node, running_node
from local.under_test import SystemUnderTest, system_under_test

# Powertools and boto3 read these when a handler is imported, which may be before any fixture runs.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]  # a developer's own account must never be reached from a test
os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "POWERTOOLS_METRICS_NAMESPACE": "Touchline",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_TRACE_DISABLED": "true",
}

# A test never judges by time: a busy machine is no fault of the code.
settings.register_profile("touchline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("touchline")


# Tests that share what takes long to start run one after the other beside all others, the longest line first. Of the
# rest those of a file stay together, as they share what the file makes.
LINES = ("system", "search")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lines = {item: _line(item) for item in items}
    items.sort(key=lambda item: LINES.index(lines[item]) if lines[item] in LINES else len(LINES))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(lines[item]))


def _line(item: pytest.Item) -> str:
    for name in LINES:
        if item.get_closest_marker(name):
            return name
    folder = item.path.parent
    return str(folder if folder.name == "infra" else item.path)


_status = pytest.StashKey[int]()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[_status] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End at once, so that pytest's is the last line: DuckDB's bindings write a list of their types at a proper end."""
    sys.stdout.flush()
    sys.stderr.flush()
    if _status in config.stash:
        os._exit(config.stash[_status])


@pytest.fixture(scope="session")
def search_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """An empty node of this session's own, without security; `search_node.url` is its address."""
    with running_node(tmp_path_factory.mktemp("search"), heap="512m", fast=True) as node:
        yield node


@pytest.fixture(scope="session")
def secure_search_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with TLS, users and roles; `authority` and `admin` say how to reach it."""
    with running_node(tmp_path_factory.mktemp("secure"), heap="512m", fast=True, secure=True) as node:
        yield node


@pytest.fixture(scope="session")
def system() -> Iterator[SystemUnderTest]:
    """The whole local system, in a folder of its own; shared by the session, so make a tenant for each test."""
    with system_under_test() as running:
        yield running
