"""Real parts for the tests that ask for them; a test that asks for none starts nothing."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

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


# Tests of these folders share what takes long to start, and run one after the other, beside those of the others; the
# longest line is begun first. Of the rest those of a file stay together, as they share what the file makes.
LINES = {"e2e": "system", "chaos": "system", "emulator": "system", "contract": "contract", "infra": "infra"}
BEGUN_FIRST = ("system", "contract")


class Lines(LoadScopeScheduling):  # type: ignore[misc]
    """By line instead of by module. Marks are not known here: only workers collect tests."""

    def _split_scope(self, nodeid: str) -> str:
        return _line(nodeid)


@pytest.hookimpl(optionalhook=True)  # without the plug-in there is nothing to schedule
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lines:
    return Lines(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {line: place for place, line in enumerate(BEGUN_FIRST)}
    items.sort(key=lambda item: places.get(_line(item.nodeid), len(places)))


def _line(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return LINES.get(file.split("/")[1], file)


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
