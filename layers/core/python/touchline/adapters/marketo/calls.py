"""Each call over a connection: with a token, in its turn, counted; and asked again where that may help."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Final
from uuid import uuid4

import httpx

from touchline.adapters.marketo.access import LEAST_TIME_MS, Access
from touchline.adapters.marketo.ask import Ask
from touchline.adapters.marketo.envelope import Body, read_json
from touchline.adapters.marketo.recovery import Recovery
from touchline.adapters.marketo.tokens import TokenSource
from touchline.adapters.marketo.trouble import Trouble
from touchline.adapters.marketo.wire import sent
from touchline.domain.marketo.ledger import next_reset
from touchline.domain.marketo.pacing import Caller, Turn
from touchline.errors import MarketoLimitReached, MarketoUnavailable, StoreUnavailable

LEAST_SECONDS: Final = 1.0
PLACE_MARGIN_MS: Final = 15_000  # a place in flight is forgotten so long after its call must have ended


class Calls:
    def __init__(self, access: Access) -> None:
        self.access = access
        self.tokens = TokenSource(access)

    def json(self, ask: Ask) -> Body:
        """Raises the port's errors; of these `TooMuch`, `Missing` and `AlreadyDone` are for the asker to handle."""
        with self.answered(ask, lambda response: read_json(response, ask)) as body:
            return body

    def use_bytes(self, size: int) -> None:
        """Of bulk extracts. Raises MarketoLimitReached."""
        access = self.access
        access.ledger.use(access.tenant, access.connection, access.execution, size=size, now=access.clock())

    @contextmanager
    def answered[Answer](self, ask: Ask, read: Callable[[httpx.Response], Answer]) -> Iterator[Answer]:
        """What `read` made of the answer, which stays open until this ends. `read` raises Trouble."""
        recovery = Recovery(self.access, ask)
        while True:
            token = self.tokens.token(recovery.dead_token)
            with ExitStack() as open_call:
                try:
                    answer = read(open_call.enter_context(self._sent(ask, token)))
                except Trouble as trouble:
                    met = trouble.without(token)
                else:
                    yield answer
                    return
            recovery.after(met, token)

    @contextmanager
    def _sent(self, ask: Ask, token: str) -> Iterator[httpx.Response]:
        access = self.access
        place = self._turn(ask)
        try:
            access.ledger.use(access.tenant, access.connection, access.execution, calls=1, now=access.clock())
            with sent(access.http, self._in_time(ask), token) as response:
                yield response
        finally:
            # A merge that was done is done, whatever becomes of its place: that is forgotten in time.
            with suppress(StoreUnavailable):
                access.pace.leave(access.tenant, access.connection, place)

    def _in_time(self, ask: Ask) -> Ask:
        """What a function cannot hear any more it does not wait for, and says so while it still can."""
        left = self.access.time_left() / 1000
        return ask if left >= ask.seconds else replace(ask, seconds=max(LEAST_SECONDS, left))

    def _turn(self, ask: Ask) -> str:
        """Waits for it; a merge has all the time that Marketo may take, or is not begun."""
        access = self.access
        needed_ms = round(1000 * ask.seconds) if ask.call == "merge" else LEAST_TIME_MS
        latest = access.latest(needed_ms)
        caller = Caller(uuid4().hex, round(1000 * ask.longest_seconds) + PLACE_MARGIN_MS, latest)
        while True:
            turn = access.pace.enter(access.tenant, access.connection, access.clock(), caller)
            if turn.at > latest:
                raise self._no_turn(turn)
            access.wait_until(turn.at)
            if turn.place is not None:
                return turn.place

    def _no_turn(self, turn: Turn) -> MarketoLimitReached | MarketoUnavailable:
        if turn.code == "607":
            return MarketoLimitReached(
                "Marketo said a moment ago that the instance's calls of the day are used up.",
                limit="daily_calls",
                until=next_reset(self.access.clock()),
            )
        told = f", since Marketo answered {turn.code}" if turn.code else ""
        return MarketoUnavailable(
            f"No call to Marketo can be made in the time that this function has left{told}.",
            marketo_code=turn.code or None,
        )
