import socket
from pathlib import Path

import pytest

from local import ports


def test_a_checkout_gets_the_same_port_again_and_another_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    here, there = ports.choose_port(9200, Path("/here")), ports.choose_port(9200, Path("/there"))
    assert here == ports.choose_port(9200, Path("/here"))
    assert here != there


def test_a_taken_port_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    first = ports.choose_port(9200, Path("/here"))
    monkeypatch.setattr(ports, "is_free", lambda port: port != first)
    assert ports.choose_port(9200, Path("/here")) != first


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not ports.is_free(taken.getsockname()[1])


def test_where_no_port_is_free_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(OSError, match="no port is free"):
        ports.choose_port(9200, Path("/here"))
