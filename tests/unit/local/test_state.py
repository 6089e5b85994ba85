from pathlib import Path

import pytest

from local import state
from local.errors import LocalError
from local.processes import Process


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    saved = state.State(
        path, {"search": 9300}, {"search": Process(17, "boot/4")}, {"search": "http://x"}, "a", "b", "c"
    )
    saved.save()
    assert state.load(path) == saved


def test_nothing_is_remembered_before_the_first_start(tmp_path: Path) -> None:
    assert state.load(tmp_path / "state.json") == state.State(tmp_path / "state.json")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"processes": {"search": {"pid": 3}}}', '{"processes": {}, "new": 1}']
)
def test_a_damaged_file_says_how_to_go_on(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(LocalError, match="remove the file"):
        state.load(path)


def test_a_file_with_secrets_is_never_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    path.write_text("older, and open to all")
    state.write_whole(path, "secret", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == "secret"
    assert [each.name for each in tmp_path.iterdir()] == ["demo.json"]
