import logging
from collections.abc import Iterator

import pytest
from touchline.adapters.marketo.wire import MOST_CLIENTS, close_clients, http_client


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    close_clients()
    yield
    close_clients()


def test_an_instance_keeps_its_connections() -> None:
    first = http_client("https://a.mktorest.com")
    assert http_client("https://a.mktorest.com") is first
    assert http_client("https://b.mktorest.com") is not first
    assert not first.follow_redirects
    close_clients()
    assert first.is_closed
    assert not http_client("https://a.mktorest.com").is_closed


def test_of_many_instances_those_that_are_used_stay() -> None:
    clients = [http_client(f"https://{number}.mktorest.com") for number in range(MOST_CLIENTS)]
    assert http_client("https://0.mktorest.com") is clients[0]
    http_client("https://new.mktorest.com")
    assert [number for number, client in enumerate(clients) if client.is_closed] == [1]


def test_libraries_that_would_log_a_secret_are_silenced() -> None:
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
