"""What the page says of Marketo's errors, limits and checks is what the code does."""

import pytest
from touchline.adapters.marketo.checks import PROBES
from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.error_table import TABLE, Action
from touchline.domain.marketo.limits import (
    BATCH,
    CALLS_AT_ONCE,
    CALLS_IN_WINDOW,
    MOST_LOSERS,
    OWN_CALLS_AT_ONCE,
    OWN_CALLS_IN_WINDOW,
)

from tests.unit.docs.pages import table, words

PAGE = "marketo-client.md"
SAID: dict[str, set[Action]] = {
    "a new token": {"refresh_token"},
    "ended: names": {"permission"},
    "halved": {"halve", "look_first"},
    "everybody slows": {"wait_for_window", "lower_in_flight"},
    "waits until": {"wait_until_reset"},
    "waits for a place": {"wait_for_queue"},
    "tried again": {"back_off", "look_first"},
    "there is no such": {"missing"},
    "by its text": {"wait_for_queue", "wait_until_reset", "already_done"},
    "ended, with": {"refused"},
}


def test_every_code_is_told_once() -> None:
    told = [code for row in table(PAGE, "code") for code in words(row["code"])]
    assert len(told) == len(set(told))
    assert set(told) == {row.code for row in TABLE}


@pytest.mark.parametrize("row", table(PAGE, "code"), ids=lambda row: str(row["code"])[:40])
def test_what_is_done_about_a_code_is_told(row: dict[str, str]) -> None:
    (said,) = [actions for begin, actions in SAID.items() if row["what is done"].startswith(begin)]
    for code in words(row["code"]):
        done = {one.action for one in TABLE if one.code == code}
        assert done <= said | ({"refused"} if "otherwise ended" in row["what is done"] else set())


def test_limits_are_those_of_the_code() -> None:
    rows = {row["limit"]: row for row in table(PAGE, "limit")}
    ours = "Touchline's, unless the connection says otherwise"
    share = Share()
    rate, flying = rows["calls in any 20 seconds"], rows["calls in flight"]
    assert rate["Marketo's"] == str(CALLS_IN_WINDOW)
    assert rate[ours] == f"{share.calls_in_20_seconds}; never more than {OWN_CALLS_IN_WINDOW}"
    assert flying["Marketo's"] == str(CALLS_AT_ONCE)
    assert flying[ours] == f"{share.calls_at_once}; never more than {OWN_CALLS_AT_ONCE}"
    assert rows["calls a day"][ours] == f"{share.calls_a_day:,}"
    assert rows["leads in a call"]["Marketo's"] == str(BATCH)
    assert rows["leads merged into one by a call"]["Marketo's"].startswith(str(MOST_LOSERS))


def test_checks_and_their_permissions_are_told() -> None:
    told = {name: row["permission, in Marketo's words"] for row in table(PAGE, "check") for name in words(row["check"])}
    assert told == {"credentials": "client id and secret"} | {probe.name: probe.ask.permission for probe in PROBES}
