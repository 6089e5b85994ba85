"""Free ports on 127.0.0.1, the same ones for a checkout from day to day where possible."""

import hashlib
import socket
from pathlib import Path

SPREAD = 900


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a port closed a minute ago looks taken
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def choose_port(first: int, owner: Path) -> int:
    """A free port from `first` on. Each owner begins elsewhere: two stopped checkouts should not choose the same."""
    offset = int.from_bytes(hashlib.sha256(str(owner).encode()).digest()[:4]) % SPREAD
    for step in range(SPREAD):
        port = first + (offset + step) % SPREAD
        if is_free(port):
            return port
    raise OSError(f"no port is free between {first} and {first + SPREAD}")
