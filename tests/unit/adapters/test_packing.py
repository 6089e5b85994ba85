import base64
import json

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from touchline.adapters import packing
from touchline.adapters.packing import MESSAGE_BYTES, ZstdPacking, read_frame, read_message, write_message
from touchline.errors import PoisonMessage

LINES = st.lists(st.binary(min_size=1, max_size=200).map(lambda text: b"{}\n" + text.replace(b"\n", b"") + b"\n"))


@given(events=LINES, rejected=LINES)
def test_what_was_packed_is_unpacked_in_its_order(events: list[bytes], rejected: list[bytes]) -> None:
    batches = ZstdPacking().pack("acme", 7, events, rejected)
    unpacked = [read_message(write_message(batch)) for batch in batches]
    assert b"".join(one.body for one in unpacked) == b"".join(events + rejected)
    assert sum(one.batch.events for one in unpacked) == len(events)
    assert sum(one.batch.rejected for one in unpacked) == len(rejected)


def test_messages_stay_below_the_limits_however_little_they_shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = [
        b"{}\n" + base64.b64encode(bytes([(n * n) % 251 for n in range(i, i + 20_000)])) + b"\n" for i in range(400)
    ]
    monkeypatch.setattr(packing, "LEVEL", -100)
    batches = ZstdPacking().pack("acme", 7, noise, [])
    assert len(batches) > 1
    assert all(len(write_message(batch)) <= MESSAGE_BYTES for batch in batches)
    assert sum(batch.events for batch in batches) == 400


def envelope(**change: object) -> str:
    frame = zstandard.ZstdCompressor().compress(b"{}\n{}\n")
    body = base64.b64encode(frame).decode()
    good = {"v": 1, "tenant": "a", "events": 1, "rejected": 0, "received_at": 1, "body": body}
    return json.dumps(good | change)


def bomb() -> str:
    return base64.b64encode(zstandard.ZstdCompressor().compress(bytes(9 * 1024 * 1024))).decode()


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("", id="empty"),
        pytest.param("[]", id="no object"),
        pytest.param(envelope(v=2), id="another version"),
        pytest.param(envelope(tenant=None), id="no tenant"),
        pytest.param(envelope(events=2), id="another number of documents"),
        pytest.param(envelope(events=-1), id="negative"),
        pytest.param(envelope(events=True), id="no number"),
        pytest.param(envelope(body="***"), id="no base64"),
        pytest.param(envelope(body="AAAA"), id="no frame"),
        pytest.param(envelope(body=bomb()), id="bomb"),
    ],
)
def test_a_message_that_is_not_ours_is_poison(message: str) -> None:
    with pytest.raises(PoisonMessage):
        read_message(message)


@given(frame=st.binary(max_size=100))
def test_any_frame_is_read_or_poison(frame: bytes) -> None:
    with pytest.raises(PoisonMessage):
        read_frame(frame)


def test_our_own_message_is_read() -> None:
    assert read_message(envelope()).body == b"{}\n{}\n"
