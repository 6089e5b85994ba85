"""What can go wrong with one call, before it is decided what that means."""

import re
from typing import Final, Self

from touchline.errors import MarketoRefused

ADDRESS: Final = re.compile(r"[^\s,;:'\"<>()\[\]]+@[^\s,;:'\"<>()\[\]]+")
MOST_CHARACTERS: Final = 200


class Trouble(Exception):
    """Raised and handled inside this package."""

    def without(self, secret: str) -> Self:
        """What is told does not hold the secret, whoever repeats it to us."""
        return self


class Said(Trouble):
    """Marketo answered with an error; `code` as its table has it, or the status of HTTP."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = harmless(message)
        self._whole = message

    def without(self, secret: str) -> Self:
        self.message = harmless(self._whole.replace(secret, "…"))
        return self


class NoAnswer(Trouble):
    """Marketo did not answer, or not what could be read. `sent`: it may have done what was asked."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class TooMuch(MarketoRefused):
    """Asked for less at once it may work: who asks halves."""


class Missing(MarketoRefused):
    """There is no such thing (any more)."""


class AlreadyDone(MarketoRefused):
    """It was done before."""


def harmless(text: object) -> str:
    """What Marketo says, fit for logs: short, printable, and without anybody's address."""
    printable = "".join(letter if letter.isprintable() else " " for letter in str(text)[: 4 * MOST_CHARACTERS])
    return ADDRESS.sub("…@…", printable)[:MOST_CHARACTERS]
