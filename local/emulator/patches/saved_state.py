"""The state of a service in a file: written whole or not at all, and large contents beside it, once.

Fault: core/persistence.py `save_state` swallows errors, encodes slowly, and writes the archives of all layers as base64
into lambda.json each time.
AWS: has no such thing.
Without it: a disk that is full loses everything without a word; each change of a function writes 90 MB.
"""

import functools
import hashlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core import persistence

from local.emulator.patches import state_directory

LARGE_BYTES = 64 * 1024


@functools.lru_cache(maxsize=256)
def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def save_state(service: str, data: dict[str, Any]) -> None:
    """Raises where it cannot."""
    contents = state_directory() / "contents" / service
    used: set[str] = set()

    def encode(value: Any) -> Any:
        if isinstance(value, bytes) and len(value) > LARGE_BYTES:
            used.add(_digest(value))
            _keep(contents / _digest(value), value)
            return {"__content__": [service, _digest(value)]}
        return persistence._json_default(value)

    envelope = {"__ministack_format__": persistence._state_format_version(service), "payload": data}
    _replace(state_directory() / f"{service}.json", json.dumps(envelope, default=encode).encode())
    for content in contents.glob("*"):
        if content.name not in used:
            content.unlink()


def _keep(path: Path, content: bytes) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f"{path.name}.{threading.get_ident()}.new")
    fresh.write_bytes(content)
    os.replace(fresh, path)


def _with_contents(original: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def decode(value: dict[str, Any]) -> Any:
        if "__content__" not in value:
            return original(value)
        service, name = value["__content__"]
        return (state_directory() / "contents" / service / name).read_bytes()

    return decode


def apply() -> None:
    persistence.save_state = save_state
    persistence._json_object_hook = _with_contents(persistence._json_object_hook)
