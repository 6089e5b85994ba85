"""Where things are: what changes lies in `.local/` of the checkout, what checkouts share in the user's cache."""

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
EMULATOR_ENVIRONMENT = CHECKOUT / ".local" / "emulator-venv"
RIVAL_ENVIRONMENT = CHECKOUT / ".local" / "rival-venv"


def cache_folder() -> Path:
    """Downloads and what is built from them, shared by all checkouts of a user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "touchline"


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one local system; the tests' system has a base of its own beside the developer's."""

    base: Path = CHECKOUT / ".local"

    @property
    def state(self) -> Path:
        return self.base / "state.json"

    @property
    def outputs(self) -> Path:
        return self.base / "outputs.json"

    @property
    def demo(self) -> Path:
        return self.base / "demo.json"

    @property
    def search(self) -> Path:
        return self.base / "opensearch"

    @property
    def emulator(self) -> Path:
        return self.base / "emulator"

    @property
    def marketo(self) -> Path:
        return self.base / "marketo"

    @property
    def logs(self) -> Path:
        return self.base / "logs"

    @property
    def lock(self) -> Path:
        return self.base / "lock"


TEST = Folders(CHECKOUT / ".local" / "test")
