"""Where an instance of Marketo may be: on hosts that a stage allows, so that nobody makes us call elsewhere."""

import re
from collections.abc import Sequence
from typing import Final

from touchline.errors import InvalidRequest

MARKETO: Final = "https://*.mktorest.com"
THIS_MACHINE: Final = "http://127.0.0.1"  # here any port is as good as another
# With the paths that Marketo's own page of web services shows behind the host.
ADDRESS: Final = re.compile(
    r"(?P<origin>https?://[a-z0-9.-]{1,253})(?P<port>:[0-9]{1,5})?(/(rest|rest/v1|identity|bulk)?/?)?"
)


def parse_endpoint(text: str, allowed: Sequence[str] = (MARKETO,)) -> str:
    """Scheme and host, without a path: `https://123-abc-456.mktorest.com`.

    `allowed`: schemes with hosts, where `*` stands for one label of a host. Raises InvalidRequest.
    """
    found = ADDRESS.fullmatch(text.strip().lower())
    if found is not None:
        port = found["port"] or ""
        for pattern in allowed:
            if _matches(pattern, found["origin"]) and (not port or pattern == THIS_MACHINE):
                return found["origin"] + port
    raise InvalidRequest(
        f"The endpoint of an instance looks like {_examples(allowed)}; Marketo shows it as Endpoint under "
        "Admin › Integration › Web Services.",
        field="endpoint",
    )


def _matches(pattern: str, origin: str) -> bool:
    return re.fullmatch("[a-z0-9-]{1,63}".join(map(re.escape, pattern.split("*"))), origin) is not None


def _examples(allowed: Sequence[str]) -> str:
    return " or ".join(pattern.replace("*", "123-abc-456") for pattern in allowed)
