import os
from pathlib import Path

import pytest

from local.fingerprint import fingerprint


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "app.py").write_text("app")
    (tmp_path / "lock.txt").write_text("lock")
    (tmp_path / "README.md").write_text("readme")
    return tmp_path


PLACES = ("infra", "lock.txt")


def test_the_same_content_has_the_same_fingerprint_whatever_its_time(sources: Path) -> None:
    before = fingerprint(sources, PLACES)
    os.utime(sources / "infra" / "app.py", (1, 1))
    (sources / "README.md").write_text("not a source")
    (sources / "infra" / "__pycache__").mkdir()
    (sources / "infra" / "__pycache__" / "app.pyc").write_text("built")
    assert fingerprint(sources, PLACES) == before


def test_content_name_and_facts_all_count(sources: Path) -> None:
    found = {fingerprint(sources, PLACES), fingerprint(sources, PLACES, "prod")}
    (sources / "infra" / "app.py").write_text("changed")
    found.add(fingerprint(sources, PLACES))
    (sources / "infra" / "app.py").rename(sources / "infra" / "app2.py")
    found.add(fingerprint(sources, PLACES))
    (sources / "lock.txt").write_text("changed")
    found.add(fingerprint(sources, PLACES))
    assert len(found) == 5


def test_a_place_that_is_not_there_is_no_source(sources: Path) -> None:
    assert fingerprint(sources, PLACES) == fingerprint(sources, (*PLACES, "cdk.json"))
