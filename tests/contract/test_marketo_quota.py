"""What connections use together, their pace and their tokens: one contract for memory and DynamoDB."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from threading import Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws
from touchline.adapters.dynamodb.marketo_ledger import DynamoDbQuotaLedger
from touchline.adapters.dynamodb.marketo_pace import DynamoDbPace
from touchline.adapters.dynamodb.marketo_tokens import DynamoDbAccessTokens
from touchline.adapters.memory.marketo_quota import MemoryAccessTokens, MemoryPace, MemoryQuotaLedger
from touchline.domain.marketo.connections import Connection, Share
from touchline.domain.marketo.limits import WINDOW_MS
from touchline.domain.marketo.pacing import Caller
from touchline.errors import MarketoLimitReached, StoreUnavailable
from touchline.marketo_ports import AccessToken, AccessTokens, Pace, QuotaLedger, Reservation

from tests.contract.marketo_worlds import create_quota_table

NOW = 1_795_400_000_000
SHARE = Share(calls_a_day=100, bytes_a_day=1_000)
CONNECTION = Connection("c1", "One", "https://123-abc-456.mktorest.com", "client", SHARE)
OTHER = Connection("c2", "Two", "https://123-abc-456.mktorest.com", "client", SHARE)
TABLE = "quota"


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb")
        create_quota_table(client, TABLE)
        yield client


@pytest.fixture(params=["memory", "dynamodb"])
def ledger(request: pytest.FixtureRequest, dynamodb: Any) -> QuotaLedger:
    return MemoryQuotaLedger() if request.param == "memory" else DynamoDbQuotaLedger(dynamodb, TABLE)


@pytest.fixture(params=["memory", "dynamodb"])
def pace(request: pytest.FixtureRequest, dynamodb: Any) -> Pace:
    return MemoryPace() if request.param == "memory" else DynamoDbPace(dynamodb, TABLE)


@pytest.fixture(params=["memory", "dynamodb"])
def tokens(request: pytest.FixtureRequest, dynamodb: Any) -> AccessTokens:
    return MemoryAccessTokens() if request.param == "memory" else DynamoDbAccessTokens(dynamodb, TABLE)


def test_what_is_used_and_reserved_is_kept_by_connection(ledger: QuotaLedger) -> None:
    ledger.reserve("acme", CONNECTION, Reservation("e1", 60, 500), NOW)
    ledger.use("acme", CONNECTION, "e1", calls=10, size=100, now=NOW)
    ledger.use("acme", CONNECTION, None, calls=5, now=NOW)
    day = ledger.day("acme", CONNECTION, NOW)
    assert (day.calls_used, day.bytes_used, day.reservations) == (15, 100, (Reservation("e1", 50, 400),))
    for tenant, connection in (("acme", OTHER), ("other", CONNECTION)):
        assert ledger.day(tenant, connection, NOW).calls_used == 0


def test_there_is_no_more_than_the_share(ledger: QuotaLedger) -> None:
    ledger.reserve("acme", CONNECTION, Reservation("e1", 60, 0), NOW)
    before = ledger.day("acme", CONNECTION, NOW)
    for grab in (
        lambda: ledger.reserve("acme", CONNECTION, Reservation("e2", 41, 0), NOW),
        lambda: ledger.use("acme", CONNECTION, "e2", calls=41, now=NOW),
        lambda: ledger.use("acme", CONNECTION, None, size=1_001, now=NOW),
    ):
        with pytest.raises(MarketoLimitReached) as reached:
            grab()
        assert reached.value.until == before.resets_at
    assert ledger.day("acme", CONNECTION, NOW) == before


def test_what_was_released_is_free(ledger: QuotaLedger) -> None:
    ledger.release("acme", CONNECTION, "e1")
    ledger.reserve("acme", CONNECTION, Reservation("e1", 100, 0), NOW)
    ledger.release("acme", CONNECTION, "e1")
    ledger.release("acme", CONNECTION, "e1")
    ledger.reserve("acme", CONNECTION, Reservation("e2", 100, 0), NOW)
    assert ledger.day("acme", CONNECTION, NOW).reservations == (Reservation("e2", 100, 0),)


def test_a_new_day_begins_with_nothing_used(ledger: QuotaLedger) -> None:
    ledger.use("acme", CONNECTION, "e1", calls=100, size=1_000, now=NOW)
    tomorrow = ledger.day("acme", CONNECTION, NOW).resets_at
    ledger.use("acme", CONNECTION, "e1", calls=1, now=tomorrow)
    assert ledger.day("acme", CONNECTION, tomorrow).calls_used == 1
    ledger.use("acme", CONNECTION, "e1", calls=1, now=NOW)  # by a clock that is slow
    assert ledger.day("acme", CONNECTION, tomorrow).calls_used == 2


def at_every_reading(client: Any, do: Callable[[], None], times: int) -> None:
    """Somebody else is quicker: between our reading and our writing `do` is done, `times` times."""
    left = [times]

    def interrupt(**_: Any) -> None:
        if left[0]:
            left[0] -= 1
            remaining, left[0] = left[0], 0
            do()
            left[0] = remaining

    client.meta.events.register("after-call.dynamodb.GetItem", interrupt)


def test_of_two_who_use_at_once_both_are_counted(dynamodb: Any) -> None:
    ledger = DynamoDbQuotaLedger(dynamodb, TABLE)
    at_every_reading(dynamodb, lambda: ledger.use("acme", CONNECTION, None, calls=1, now=NOW), times=7)
    ledger.use("acme", CONNECTION, "e1", calls=1, now=NOW)
    assert ledger.day("acme", CONNECTION, NOW).calls_used == 8


def test_of_two_who_reserve_the_last_one_is_refused(dynamodb: Any) -> None:
    ledger = DynamoDbQuotaLedger(dynamodb, TABLE)
    theirs = Reservation("theirs", 80, 0)
    at_every_reading(dynamodb, lambda: ledger.reserve("acme", CONNECTION, theirs, NOW), times=1)
    with pytest.raises(MarketoLimitReached):
        ledger.reserve("acme", CONNECTION, Reservation("ours", 80, 0), NOW)
    assert ledger.day("acme", CONNECTION, NOW).reservations == (theirs,)


def test_who_never_gets_a_word_in_is_told_so(dynamodb: Any) -> None:
    ledger = DynamoDbQuotaLedger(dynamodb, TABLE)
    at_every_reading(dynamodb, lambda: ledger.use("acme", CONNECTION, None, calls=1, now=NOW), times=60)
    with pytest.raises(StoreUnavailable):
        ledger.use("acme", CONNECTION, "e1", calls=1, now=NOW)


def test_of_two_who_enter_at_once_each_has_a_time_of_its_own(dynamodb: Any) -> None:
    pace = DynamoDbPace(dynamodb, TABLE)
    turns = []
    share = Connection("c1", "One", "", "", Share(calls_in_20_seconds=5, calls_at_once=9))
    at_every_reading(
        dynamodb, lambda: turns.append(pace.enter("acme", share, NOW, Caller("b", 60_000, NOW + 10**6))), times=1
    )
    turns.append(pace.enter("acme", share, NOW, Caller("a", 60_000, NOW + 10**6)))
    assert [turn.at - NOW for turn in turns] == [0, 5_000]


class OneAtATime:
    """moto looks at a condition and writes in two steps; the real table does it in one."""

    def __init__(self, client: Any) -> None:
        self.exceptions = client.exceptions
        self._client = client
        self._lock = Lock()

    def get_item(self, **call: Any) -> Any:
        with self._lock:
            return self._client.get_item(**call)

    def put_item(self, **call: Any) -> Any:
        with self._lock:
            return self._client.put_item(**call)


def test_functions_at_one_table_lose_nothing_of_each_other(dynamodb: Any) -> None:
    table = OneAtATime(dynamodb)
    share = Connection("c1", "One", "", "", Share(calls_a_day=35, calls_in_20_seconds=20, calls_at_once=9))

    def work(function: int) -> list[int]:
        ledger, pace, times = DynamoDbQuotaLedger(table, TABLE), DynamoDbPace(table, TABLE), []
        with suppress(MarketoLimitReached):
            for number in range(5):
                place = f"{function}-{number}"
                turn = pace.enter("acme", share, NOW, Caller(place, 60_000, NOW + 10**9))
                ledger.use("acme", share, f"e{function}", calls=1, now=NOW)
                times += [turn.at] if turn.place else []
                pace.leave("acme", share, place)
        return times

    with ThreadPoolExecutor(8) as functions:
        times = sorted(chain(*functions.map(work, range(8))))
    assert DynamoDbQuotaLedger(table, TABLE).day("acme", share, NOW).calls_used == 35
    assert len(times) == 35
    assert all(times[number + 20] - times[number] > WINDOW_MS for number in range(len(times) - 20))


def test_threads_use_no_more_than_the_share() -> None:
    ledger, refused = MemoryQuotaLedger(), []

    def use(_: int) -> None:
        try:
            ledger.use("acme", CONNECTION, "e1", calls=1, now=NOW)
        except MarketoLimitReached:
            refused.append(1)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use, range(150)))
    assert (ledger.day("acme", CONNECTION, NOW).calls_used, len(refused)) == (100, 50)


def test_a_connections_calls_are_spread_and_counted_in_flight(pace: Pace) -> None:
    turns = [pace.enter("acme", CONNECTION, NOW, Caller(f"p{number}", 60_000, NOW + 10**6)) for number in range(5)]
    assert [turn.place for turn in turns] == ["p0", "p1", "p2", "p3", None]
    assert pace.enter("acme", OTHER, NOW, Caller("q", 60_000, NOW)).place == "q"
    pace.leave("acme", CONNECTION, "p1")
    pace.leave("acme", CONNECTION, "p1")
    pace.leave("other", CONNECTION, "p1")
    assert pace.enter("acme", CONNECTION, NOW, Caller("p5", 60_000, NOW)).place == "p5"
    assert pace.enter("acme", CONNECTION, NOW, Caller("p6", 60_000, NOW)).place is None
    assert pace.enter("acme", CONNECTION, NOW + 60_000, Caller("p7", 60_000, NOW + 10**6)).place == "p7"


def test_everybody_slows_down_when_one_was_told_to(pace: Pace) -> None:
    pace.slow_down("acme", CONNECTION, NOW, code="606")
    turn = pace.enter("acme", CONNECTION, NOW + 1_000, Caller("p", 60_000, NOW + 5_000))
    assert (turn.at, turn.place, turn.code) == (NOW + WINDOW_MS, None, "606")
    pace.slow_down("acme", CONNECTION, NOW, code="607", until=NOW + 90_000)
    turn = pace.enter("acme", CONNECTION, NOW + 1_000, Caller("p", 60_000, NOW + 10**6))
    assert (turn.at, turn.place, turn.code) == (NOW + 90_000, "p", "607")
    later = [pace.enter("acme", CONNECTION, NOW + 90_001, Caller(f"r{n}", 60_000, NOW + 10**6)).at for n in range(3)]
    assert later == sorted(later)


def test_a_token_is_kept_by_connection_and_fetched_by_one(tokens: AccessTokens) -> None:
    assert tokens.get("acme", "c1") is None
    assert tokens.lease("acme", "c1", NOW)
    assert not tokens.lease("acme", "c1", NOW + 1_000)
    assert tokens.lease("acme", "c2", NOW)
    assert tokens.lease("other", "c1", NOW)
    tokens.put("acme", "c1", AccessToken("secret", NOW + 3_600_000))
    tokens.give_back("acme", "c1")
    tokens.give_back("acme", "c1")
    assert tokens.get("acme", "c1") == AccessToken("secret", NOW + 3_600_000)
    assert tokens.get("acme", "c2") is None
    assert tokens.lease("acme", "c1", NOW + 1_000)


def test_the_lease_of_who_died_runs_out(tokens: AccessTokens) -> None:
    assert tokens.lease("acme", "c1", NOW)
    assert not tokens.lease("acme", "c1", NOW + 29_999)
    assert tokens.lease("acme", "c1", NOW + 30_000)


def test_items_go_when_they_are_of_no_use(dynamodb: Any) -> None:
    DynamoDbQuotaLedger(dynamodb, TABLE).use("acme", CONNECTION, None, calls=1, now=NOW)
    DynamoDbPace(dynamodb, TABLE).enter("acme", CONNECTION, NOW, Caller("p", 1, NOW))
    tokens = DynamoDbAccessTokens(dynamodb, TABLE)
    tokens.put("acme", "c1", AccessToken("t", NOW))
    tokens.lease("acme", "c1", NOW)
    items = dynamodb.scan(TableName=TABLE)["Items"]
    assert sorted(item["sk"]["S"] for item in items) == ["ledger", "pace", "token", "token_lease"]
    assert all(0 < int(item["expires"]["N"]) - NOW // 1000 < 9 * 86_400 for item in items)
