"""Text that people can see as it is: no character that hides, turns the direction or cannot be stored."""

import re
from typing import Final

from touchline.domain.rejection import Refused

SURROGATES: Final = re.compile("[\ud800-\udfff]")

# Two ids that look the same must be the same. Sources: Unicode categories Cc, Cf (but for the Arabic and other signs
# that are visible), Zl, Zp, and the letters and marks that are drawn as nothing (UTS 39, Default_Ignorable).
HIDDEN: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiner, Arabic mark, fillers
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, separators, direction
    "\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff"
    "]"
)


def check_text(text: str, part: str, key: str, limit: int) -> str:
    """The text itself; `part` and `key` are two arguments so that no path is built for the many that are right."""
    if len(text) <= limit:
        # isprintable is exact for ASCII and one pass in C; for the rest it would also refuse no-break spaces.
        if text.isascii():
            if text.isprintable():
                return text
        elif HIDDEN.search(text) is None:
            return text
    raise _refusal(text, path(part, key), limit)


def path(part: str, key: str) -> str:
    return f"{part}.{key}" if part else key


def shown(text: str, limit: int = 64) -> str:
    """For reasons: short, and safe to encode and to read."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    return HIDDEN.sub(lambda found: _code_point(found[0]), cut)


def _refusal(text: str, field: str, limit: int) -> Refused:
    if SURROGATES.search(text):
        return Refused("invalid_text", field, f"{field} holds bytes that are not UTF-8, or half a surrogate pair.")
    if len(text) > limit:
        return Refused("too_long", field, f"{field} has {len(text)} characters; at most {limit} are taken.")
    hidden = HIDDEN.search(text)
    what = f"{_code_point(hidden[0])} at position {hidden.start()}" if hidden else "a character"
    return Refused(
        "hidden_character", field, f"{field} holds {what}: control, zero-width and direction characters are refused."
    )


def _code_point(character: str) -> str:
    return f"U+{ord(character):04X}"
