"""What is done where a call fails, as the table of errors has it: wait and ask again, or say why not."""

from collections.abc import Callable
from random import uniform
from typing import Final

from touchline.adapters.marketo.access import Access
from touchline.adapters.marketo.ask import Ask
from touchline.adapters.marketo.trouble import AlreadyDone, Missing, NoAnswer, Said, TooMuch, Trouble
from touchline.domain.marketo.error_table import Action, Row, row_for
from touchline.domain.marketo.ledger import next_reset
from touchline.errors import MarketoLimitReached, MarketoRefused, MarketoUnavailable, PermissionMissing

MOST_TRIES: Final = 5
MOST_TOKENS: Final = 2  # that Marketo gives and does not take
LONGEST_BACK_OFF_SECONDS: Final = 16
QUEUE_MS: Final = 60_000  # until a place in a queue of jobs may be free


class Recovery:
    """Of one call. `dead_token`: what the next try must not use."""

    def __init__(self, access: Access, ask: Ask) -> None:
        self.dead_token: str | None = None
        self._access = access
        self._ask = ask
        self._tries = 0
        self._tokens = 0

    def after(self, trouble: Trouble, token: str) -> None:
        """Returns where the call is to be made again."""
        if isinstance(trouble, Said):
            row = row_for(trouble.code, trouble.message, self._ask.call)
            DEEDS[row.action](self, row, trouble, token)
        elif isinstance(trouble, NoAnswer):
            self._unanswered(trouble)
        else:
            raise trouble

    def _unanswered(self, trouble: NoAnswer) -> None:
        if trouble.sent and self._ask.call in ("once", "merge"):
            raise MarketoUnavailable(f"{trouble.reason} Whether it did what was asked is not known.")
        self._back_off(trouble.reason, None)

    def refresh_token(self, row: Row, said: Said, token: str) -> None:
        self.dead_token = token
        self._tokens += 1
        if self._tokens > MOST_TOKENS:
            raise MarketoUnavailable("Marketo does not take the access tokens that it gives.", marketo_code=said.code)

    def slow_down(self, row: Row, said: Said, token: str) -> None:
        access = self._access
        access.pace.slow_down(access.tenant, access.connection, access.clock(), code=said.code)
        self._tries += 1
        if self._tries > MOST_TRIES:
            raise MarketoUnavailable(_told(row, said), marketo_code=said.code)

    def wait_until_reset(self, row: Row, said: Said, token: str) -> None:
        access = self._access
        now = access.clock()
        until = next_reset(now)
        if said.code == "607":
            access.pace.slow_down(access.tenant, access.connection, now, code=said.code, until=until)
        raise MarketoLimitReached(_told(row, said), limit=row.limit, until=until)

    def wait_for_queue(self, row: Row, said: Said, token: str) -> None:
        raise MarketoLimitReached(_told(row, said), limit=row.limit, until=self._access.clock() + QUEUE_MS)

    def back_off(self, row: Row, said: Said, token: str) -> None:
        if self._ask.call in ("once", "merge"):
            raise MarketoUnavailable(_told(row, said), marketo_code=said.code)
        self._back_off(_told(row, said), said.code)

    def halve(self, row: Row, said: Said, token: str) -> None:
        """Marketo took too long: for one that cannot ask for less, that is trouble like any other."""
        if said.code == "604" and not self._ask.halves:
            self.back_off(row, said, token)
        else:
            raise TooMuch(_told(row, said), marketo_code=said.code)

    def already_done(self, row: Row, said: Said, token: str) -> None:
        raise AlreadyDone(_told(row, said), marketo_code=said.code)

    def look_first(self, row: Row, said: Said, token: str) -> None:
        raise MarketoUnavailable(_told(row, said), marketo_code=said.code)

    def permission(self, row: Row, said: Said, token: str) -> None:
        needed = f"The permission {self._ask.permission!r} is missing. " if self._ask.permission else ""
        raise PermissionMissing(needed + _told(row, said), marketo_code=said.code)

    def missing(self, row: Row, said: Said, token: str) -> None:
        raise Missing(_told(row, said), marketo_code=said.code)

    def refused(self, row: Row, said: Said, token: str) -> None:
        raise MarketoRefused(_told(row, said), marketo_code=said.code)

    def _back_off(self, reason: str, code: str | None) -> None:
        access = self._access
        seconds = min(LONGEST_BACK_OFF_SECONDS, 2**self._tries) * uniform(0.5, 1)
        until = access.clock() + round(1000 * seconds)
        self._tries += 1
        if self._tries > MOST_TRIES or until > access.latest():
            raise MarketoUnavailable(reason, marketo_code=code)
        access.wait_until(until)


def _told(row: Row, said: Said) -> str:
    return f"Marketo answered {said.code} ({said.message.rstrip('.')}). {row.advice}"


DEEDS: Final[dict[Action, Callable[[Recovery, Row, Said, str], None]]] = {
    "refresh_token": Recovery.refresh_token,
    "wait_for_window": Recovery.slow_down,
    "lower_in_flight": Recovery.slow_down,
    "wait_until_reset": Recovery.wait_until_reset,
    "wait_for_queue": Recovery.wait_for_queue,
    "back_off": Recovery.back_off,
    "halve": Recovery.halve,
    "already_done": Recovery.already_done,
    "look_first": Recovery.look_first,
    "permission": Recovery.permission,
    "missing": Recovery.missing,
    "refused": Recovery.refused,
}
