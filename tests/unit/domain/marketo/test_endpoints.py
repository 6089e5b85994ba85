import pytest
from touchline.domain.marketo.endpoints import MARKETO, THIS_MACHINE, parse_endpoint
from touchline.errors import InvalidRequest

EVERYWHERE = (MARKETO, THIS_MACHINE)


@pytest.mark.parametrize(
    "text",
    [
        "https://123-abc-456.mktorest.com",
        " https://123-ABC-456.mktorest.com/ ",
        "https://123-ABC-456.mktorest.com/rest",
        "https://123-ABC-456.mktorest.com/identity",
        "HTTPS://123-abc-456.MKTOREST.com/rest/v1/",
    ],
)
def test_what_marketo_shows_is_taken_as_scheme_and_host(text: str) -> None:
    assert parse_endpoint(text) == "https://123-abc-456.mktorest.com"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123-abc-456.mktorest.com",
        "http://123-abc-456.mktorest.com",
        "https://mktorest.com",
        "https://.mktorest.com",
        "https://a.b.mktorest.com",
        "https://mktorest.com.example.test",
        "https://123-abc-456.mktorest.com.example.test",
        "https://example.test/123-abc-456.mktorest.com",
        "https://example.test#123-abc-456.mktorest.com",
        "https://example.test\\.mktorest.com",
        "https://user@123-abc-456.mktorest.com",
        "https://123-abc-456.mktorest.com@example.test",
        "https://123-abc-456.mktorest.com:8443",
        "https://123-abc-456.mktorest.com/rest/../x",
        "https://123-abc-456.mktorest.com?x",
        "https://123-abc-456.mktorest\n.com",
        "https://ｅvil.mktorest.com",
        "https://169.254.169.254",
        "http://127.0.0.1:80",
        "http://localhost",
        "https://[::1]",
        "file:///etc/passwd",
    ],
)
def test_nothing_else_is_an_endpoint(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"https://123-abc-456\.mktorest\.com") as refused:
        parse_endpoint(text)
    assert refused.value.field == "endpoint"


def test_a_stage_may_allow_this_machine_at_any_port() -> None:
    assert parse_endpoint("http://127.0.0.1:4570/rest", EVERYWHERE) == "http://127.0.0.1:4570"
    assert parse_endpoint("https://123-abc-456.mktorest.com", EVERYWHERE) == "https://123-abc-456.mktorest.com"
    for text in ("http://127.0.0.2", "http://127.0.0.1.example.test", "https://127.0.0.1", "http://127.0.0.1:4570x"):
        with pytest.raises(InvalidRequest):
            parse_endpoint(text, EVERYWHERE)
