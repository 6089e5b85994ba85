"""Tells whether sources have changed, by their content: a checkout or a touch changes every file's time."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

NOT_SOURCES = {"__pycache__", ".pytest_cache", "cdk.out"}


def fingerprint(root: Path, places: Iterable[str], *facts: str) -> str:
    """Of the files in these folders (or these files) under root, their names included, and of further facts."""
    whole = hashlib.sha256("\0".join(facts).encode())
    for path in sorted(_files(root, places)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"\n{path.relative_to(root)}\0{content}".encode())
    return whole.hexdigest()


def _files(root: Path, places: Iterable[str]) -> Iterator[Path]:
    for place in places:
        start = root / place
        if start.is_file():
            yield start
            continue
        for folder, names, files in start.walk():
            names[:] = [name for name in names if name not in NOT_SOURCES]
            yield from (folder / file for file in files)
