"""A state machine that only notes what was started."""

from collections.abc import Mapping
from typing import Any


class MemoryWorkflows:
    def __init__(self) -> None:
        self.started: dict[str, dict[str, Any]] = {}

    def start(self, name: str, facts: Mapping[str, Any]) -> None:
        self.started.setdefault(name, dict(facts))
