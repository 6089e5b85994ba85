import pytest

from local.marketo_simulator.identity import TokenExpired, Tokens

NOW = 1_795_348_800_000


def test_the_same_token_until_it_ends_then_another() -> None:
    tokens = Tokens()
    first = tokens.issue("client", NOW, 3600)
    assert tokens.issue("client", NOW + 3_599_000, 3600) is first
    second = tokens.issue("client", NOW + 3_600_000, 3600)
    assert second.text != first.text
    assert second.ends_at == NOW + 7_200_000


def test_each_service_has_its_own() -> None:
    tokens = Tokens()
    assert tokens.issue("a", NOW, 3600).text != tokens.issue("b", NOW, 3600).text


def test_after_its_end_it_is_expired_once_and_unknown_from_then_on() -> None:
    tokens = Tokens()
    text = tokens.issue("client", NOW, 60).text
    assert tokens.client_of(text, NOW + 59_999) == "client"
    with pytest.raises(TokenExpired):
        tokens.client_of(text, NOW + 60_000)
    assert tokens.client_of(text, NOW + 60_001) is None
    assert tokens.client_of("never issued", NOW) is None


def test_all_end_at_once_and_what_is_kept_is_the_same() -> None:
    tokens = Tokens()
    text = tokens.issue("client", NOW, 3600).text
    tokens.end_all(NOW + 1)
    kept = Tokens(tokens.as_json())
    with pytest.raises(TokenExpired):
        kept.client_of(text, NOW + 2)
    assert kept.issue("client", NOW + 2, 3600).text != text
