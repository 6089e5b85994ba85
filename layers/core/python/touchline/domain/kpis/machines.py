"""Opens and clicks that no person did: a versioned rule, shown beside the raw number; nothing is thrown away."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.sequences.rows import Coded

VERSION: Final = 1
QUICK_MS: Final = 2_000
AGENT_FIELD: Final = "properties.user_agent"
# In small letters, anywhere in the user agent: proxies that load pictures in advance, and scanners of links.
AGENTS: Final = (
    *("googleimageproxy", "ggpht.com", "yahoomailproxy", "yahoo! slurp", "outlooksafelinks", "safelinks"),
    *("barracuda", "mimecast", "proofpoint", "symantec", "messagelabs", "fireeye", "trendmicro", "sophos"),
    *("bot/", "bot;", "crawler", "spider", "preview", "python-requests", "curl/", "wget/", "headlesschrome"),
)
# Apple's Mail Privacy Protection says this and nothing more.
WHOLE_AGENTS: Final = frozenset({"mozilla/5.0"})


def describe() -> str:
    return (
        f"Rule {VERSION}: an open or click less than {QUICK_MS // 1000} s after the message was last sent or delivered "
        f"to this person, or one whose {AGENT_FIELD} is that of a known proxy or scanner, is a machine's."
    )


def is_machine(agent: str) -> bool:
    lowered = agent.strip().lower()
    return lowered in WHOLE_AGENTS or any(known in lowered for known in AGENTS)


def by_machines(
    at: NDArray[np.int64],
    message: NDArray[np.int64],
    arrived: NDArray[np.bool_],
    reacted: NDArray[np.bool_],
    agents: Coded | None,
) -> NDArray[np.bool_]:
    """Which of `reacted` a machine did. `message`: a number for each person and message; events in sequence order."""
    order = np.argsort(message, kind="stable")
    place = np.arange(len(order))
    own, is_arrival = message[order], arrived[order]
    begins = np.concatenate(([True], own[1:] != own[:-1])) if len(own) else np.zeros(0, np.bool_)
    latest = np.maximum.accumulate(np.where(is_arrival, place, -1)) if len(own) else place
    known = latest >= np.maximum.accumulate(np.where(begins, place, 0)) if len(own) else np.zeros(0, np.bool_)
    quick = np.zeros(len(order), np.bool_)
    quick[order] = known & (at[order] - at[order][np.maximum(latest, 0)] < QUICK_MS)
    if agents is not None:
        told = np.array([any(isinstance(one, str) and is_machine(one) for one in several) for several in agents.values])
        quick |= told[agents.codes]
    return np.asarray(reacted & quick, np.bool_)
