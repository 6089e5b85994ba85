import numpy as np
import pytest
from touchline.domain.kpis.machines import QUICK_MS, by_machines, is_machine
from touchline.domain.sequences.rows import Coded


@pytest.mark.parametrize(
    ("agent", "machine"),
    [
        ("Mozilla/5.0", True),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", True),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", True),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", False),
        ("Microsoft Outlook 16.0.5", False),
        ("", False),
    ],
)
def test_known_proxies_and_scanners_are_machines(*, agent: str, machine: bool) -> None:
    assert is_machine(agent) is machine


def judged(*events: tuple[str, int, int]) -> list[bool]:
    """What happened, when, with which message."""
    what, at, message = zip(*events, strict=True)
    found = by_machines(
        np.array(at, np.int64),
        np.array(message, np.int64),
        np.array([one == "sent" for one in what]),
        np.array([one == "open" for one in what]),
        None,
    )
    return list(found.tolist())


def test_less_than_two_seconds_after_the_last_arrival_is_a_machine() -> None:
    events = [("sent", 0, 1), ("open", QUICK_MS - 1, 1), ("open", QUICK_MS, 1), ("sent", 9_000, 1), ("open", 9_001, 1)]
    assert judged(*events) == [False, True, False, False, True]


def test_another_message_s_arrival_says_nothing() -> None:
    assert judged(("sent", 0, 1), ("open", 1, 2), ("sent", 2, 2), ("open", 5_000, 2)) == [False, False, False, False]


def test_an_open_before_the_message_was_sent_is_not_quick() -> None:
    assert judged(("open", 0, 1), ("sent", 1, 1)) == [False, False]


def test_one_user_agent_of_several_is_enough() -> None:
    agents = Coded(np.array([1], np.int32), ((), ("Mail", "curl/8.0")))
    one = np.ones(1, np.bool_)
    assert by_machines(np.zeros(1, np.int64), np.zeros(1, np.int64), ~one, one, agents).tolist() == [True]


def test_nothing_is_no_machine() -> None:
    none = np.zeros(0, np.bool_)
    assert by_machines(np.zeros(0, np.int64), np.zeros(0, np.int64), none, none, None).tolist() == []
