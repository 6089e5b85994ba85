"""Files of columns on this machine's disk: bounded, and cheap however many they are."""

from pathlib import Path

import numpy as np
import pytest
from touchline.adapters.columns import cache as module
from touchline.adapters.columns.cache import ColumnCache
from touchline.adapters.columns.packing import pack

BODY = b"x" * 100


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("limit", [1 << 30, 50_000])
def test_many_small_files_are_looked_at_a_few_times_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """Where they all have room, and where there is room for a quarter of them."""
    looked = 0

    def used(place: Path) -> tuple[float, int, Path] | None:
        nonlocal looked
        looked += 1
        return found(place)

    found = module._used
    monkeypatch.setattr(module, "_used", used)
    cache = ColumnCache(tmp_path, limit)
    for number in range(2_000):
        cache.keep(f"{number:04}", BODY)
        if number % 100 == 0:
            assert size_of(tmp_path) <= limit * 21 / 20
    assert looked < 40 * 2_000
    assert size_of(tmp_path) >= min(limit * 3 / 4, 200_000)


def test_what_is_unpacked_counts(tmp_path: Path) -> None:
    limit = 200_000
    cache = ColumnCache(tmp_path, limit)
    body = pack({name: np.zeros(2_000, np.int64) for name in "abcd"}, {"rows": 2_000})
    for number in range(20):
        opened = cache.open(f"{number}", lambda: body)
        for name in "abcd":
            assert not opened.numbers(name).any()
        assert size_of(tmp_path) <= limit * 21 / 20 + 16_000


def test_a_process_sees_what_others_have_written(tmp_path: Path) -> None:
    one, other = ColumnCache(tmp_path, 10_000), ColumnCache(tmp_path, 10_000)
    for number in range(300):
        (one, other)[number % 2].keep(str(number), BODY)
        assert size_of(tmp_path) <= 10_000 * 23 / 20
