"""One Marketo instance, how much of it Touchline may use, and what was found when it was tried."""

from dataclasses import dataclass
from typing import Final, Literal

DEFAULT_CALLS_A_DAY: Final = 10_000  # of the 50,000 that instances commonly have, so that other integrations live
DEFAULT_BYTES_A_DAY: Final = 500_000_000  # what Marketo exports a day to everybody together
DEFAULT_CALLS_IN_20_SECONDS: Final = 45  # of 100 for everybody; Adobe advises at most 50 for one integration
DEFAULT_CALLS_AT_ONCE: Final = 4  # of 10 for everybody; Adobe advises at most 5

CheckState = Literal["ok", "failed", "not_needed"]


@dataclass(frozen=True, slots=True)
class Share:
    """What Touchline may use of an instance; the instance's own limits are for all its users together."""

    calls_a_day: int = DEFAULT_CALLS_A_DAY
    bytes_a_day: int = DEFAULT_BYTES_A_DAY  # of bulk extracts
    calls_in_20_seconds: int = DEFAULT_CALLS_IN_20_SECONDS
    calls_at_once: int = DEFAULT_CALLS_AT_ONCE


@dataclass(frozen=True, slots=True)
class Check:
    """One permission or ability that was tried. `needed_for`: kinds of service, or outcomes, that cannot do without."""

    name: str
    state: CheckState
    message: str  # where it failed: what Marketo said, and what would work
    needed_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connection:
    """The client secret is kept elsewhere, under this connection's id, and is never read back to anybody."""

    id: str
    name: str
    endpoint: str  # scheme and host, without a path or a slash at the end
    client_id: str
    share: Share = Share()
    checks: tuple[Check, ...] = ()
    checked_at: int | None = None  # epoch ms
    created_at: int = 0  # epoch ms
    changed_at: int = 0  # epoch ms
    revision: int = 1  # counts changes: who changes names the one that was read
