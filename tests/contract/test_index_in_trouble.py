"""A search store in trouble, as it looks over HTTP: what may heal sends the message back to its queue, untouched."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from touchline.adapters.memory.archive import MemoryArchive
from touchline.adapters.opensearch.bulk import OpenSearchEventIndex
from touchline.adapters.opensearch.client import connect
from touchline.adapters.packing import ZstdPacking, write_message
from touchline.services.index_batches import QueueMessage, index_batches

from tests.unit.services.accepting import EVENT, NOW, Accepting

TIMEOUT_SECONDS = 1


@contextmanager
def store_that(answers: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answers(self)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what is asked is known to the test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def status(code: int) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        body = b'{"error":{"type":"opensearch_rejected_execution_exception"},"status":%d}' % code
        request.send_response(code)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def hangs(request: BaseHTTPRequestHandler) -> None:
    threading.Event().wait(2 * TIMEOUT_SECONDS)


def cuts(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"errors":')


TROUBLES = [status(429), status(500), status(502), status(503), status(504), hangs, cuts]
NAMES = ["429", "500", "502", "503", "504", "time-out", "answer cut"]


@pytest.mark.parametrize("trouble", TROUBLES, ids=NAMES)
def test_the_message_comes_again_and_is_archived_already(trouble: Callable[[BaseHTTPRequestHandler], None]) -> None:
    accepting, archive = Accepting(), MemoryArchive()
    accepting.send_json([EVENT])
    [batch] = accepting.queue.batches
    with store_that(trouble) as url:
        client = connect(url, region="us-east-1", timeout_seconds=TIMEOUT_SECONDS)
        messages = [QueueMessage("m", write_message(batch))]
        index = OpenSearchEventIndex(client)
        done = index_batches(messages, packing=ZstdPacking(), archive=archive, index=index, now=NOW)
        client.close()
    assert list(done.returned) == ["m"]
    assert (done.poisoned, done.counts.total()) == ({}, 0)
    assert len(archive.objects) == 1
