"""Emulators for the tests of the repairs: one as it comes, one repaired, and any number to be killed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.emulator.running import Emulator

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("stock"), EMULATOR_STOCK="1").start()
    yield emulator
    emulator.stop()


@pytest.fixture(scope="session")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("patched")).start()
    yield emulator
    emulator.stop()


@pytest.fixture
def new_emulator(tmp_path: Path) -> Iterator[Callable[..., Emulator]]:
    """Starts emulators; those that are still there at the end of the test are killed."""
    made: list[Emulator] = []

    def make(**environment: str) -> Emulator:
        made.append(Emulator(tmp_path / str(len(made)), **environment).start())
        return made[-1]

    yield make
    for emulator in made:
        emulator.kill()
