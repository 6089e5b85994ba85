"""One instance while it runs: what it knows, what time it is, whom it lets in, and what it was asked."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from local.marketo_simulator.bulk_desk import BulkDesk
from local.marketo_simulator.clock import Clock, ClockState
from local.marketo_simulator.faults import Faults
from local.marketo_simulator.identity import Tokens
from local.marketo_simulator.limits import Limits
from local.marketo_simulator.schema import create_tables
from local.marketo_simulator.store import Store
from local.marketo_simulator.switches import Switches

ROUTINES = "instance.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of one custom service, and the API user it works as."""

    client_id: str
    client_secret: str
    user: str


class Instance:
    """`folder` holds everything: `marketo.duckdb`, `instance.json`, `calls.tsv`, and files that modules add."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        kept = _read(folder / ROUTINES)
        self.clock = Clock(ClockState(**kept.get("clock", {})))
        self.switches = Switches(**kept.get("switches", {}))
        self.munchkin_id: str = kept.get("munchkin_id") or "123-ABC-456"
        self.credentials = [Credentials(**one) for one in kept.get("credentials", ())] or [new_credentials()]
        self.faults = Faults(kept.get("faults", ()))
        self.tokens = Tokens(kept.get("tokens", ()))
        self.limits = Limits(self.switches, folder / "calls.tsv")
        self.store = Store(folder / "marketo.duckdb")
        create_tables(self.store)
        self.bulk = BulkDesk(self)
        self._saving = RLock()
        self.save()

    def save(self) -> None:
        """What must outlive a kill and is not in the store; called after each change of it."""
        with self._saving:
            kept = {
                "munchkin_id": self.munchkin_id,
                "clock": self.clock.state(),
                "switches": self.switches.as_json(),
                "credentials": [asdict(one) for one in self.credentials],
                "faults": self.faults.as_json(),
                "tokens": self.tokens.as_json(),
            }
            new = self.folder / f"{ROUTINES}.new"
            new.write_text(json.dumps(kept, indent=1))
            os.replace(new, self.folder / ROUTINES)

    def close(self) -> None:
        self.save()
        self.bulk.close()
        self.limits.close()
        self.store.close()


def _read(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def new_credentials(user: str = "api.user@example.test") -> Credentials:
    return Credentials(secrets.token_hex(16), secrets.token_urlsafe(24), user)
