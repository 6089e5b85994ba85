import pytest
import requests

from local.marketo_simulator.multipart import NoMultipart, read_upload


def _sent(**parts: object) -> tuple[bytes, str]:
    request = requests.Request("POST", "http://localhost/", files=parts).prepare()
    assert isinstance(request.body, bytes)
    return request.body, request.headers["Content-Type"]


@pytest.mark.parametrize("content", [b"id,email\n1,a@example.com\n", b"", b"--x\r\n\r\n", bytes(range(256)) * 500])
def test_a_file_comes_through_byte_by_byte(content: bytes) -> None:
    assert read_upload(*_sent(file=("leads.csv", content, "text/csv"))).file == content


def test_a_plain_value_is_taken_too() -> None:
    assert read_upload(*_sent(file=(None, "id\n1\n"))).file == b"id\n1\n"


def test_other_parts_are_not_the_file() -> None:
    assert read_upload(*_sent(sheet=("leads.csv", b"x", "text/csv"))).file is None


@pytest.mark.parametrize("content_type", ["", "text/csv", "multipart/form-data", "multipart/form-data; boundary=other"])
def test_a_body_of_another_kind_is_refused(content_type: str) -> None:
    body, _ = _sent(file=("leads.csv", b"x", "text/csv"))
    with pytest.raises(NoMultipart):
        read_upload(body, content_type)
