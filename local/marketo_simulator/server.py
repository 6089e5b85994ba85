"""HTTP/1.1 on 127.0.0.1 with connections that stay open; every answer says how long it is."""

import gzip
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local.marketo_simulator import admin
from local.marketo_simulator.answering import Exchange, exchange, read_request
from local.marketo_simulator.catalogue import all_routes
from local.marketo_simulator.identity_routes import answer_identity
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.routing import Answer, Request

LARGEST_BODY = 1_048_576
LARGEST_IMPORT = 10 * 1_048_576 + 65_536  # the file, and what multipart adds
LONGEST_TARGET = 8192
LONGEST_ASSET_TARGET = 65_000
SMALLEST_GZIP = 1024
PIECE = 1 << 18


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, instance: Instance, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.instance = instance
        self.routes = all_routes()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no news; anything else is a bug and is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    timeout = 300
    server: Server

    def handle_one(self) -> None:
        body = self._read_body()
        if isinstance(body, Answer):
            self.close_connection = True
            self._send(body)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = read_request(self.command, self.path, headers, body)
        done = self._exchange(request)
        try:
            self._send(done.answer, may_compress=not request.path.startswith("/bulk/"))
        finally:
            if done.call is not None:
                self.server.instance.limits.leave(done.call, done.answer.code or "")

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = handle_one  # noqa: N815 (the names that the library looks for)

    def _exchange(self, request: Request) -> Exchange:
        instance = self.server.instance
        if request.path.startswith("/_simulator"):
            return Exchange(admin.answer(instance, request))
        if request.path.startswith("/identity/"):
            return Exchange(answer_identity(instance, request))
        return exchange(instance, self.server.routes, request)

    def _read_body(self) -> bytes | Answer:
        bulk = "/bulk/" in self.path
        if len(self.path) > (LONGEST_ASSET_TARGET if "/rest/asset/" in self.path else LONGEST_TARGET):
            return Answer(b"<html>414 Request-URI Too Large</html>", 414, "text/html")
        most = LARGEST_IMPORT if bulk else LARGEST_BODY
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._read_chunks(most)
        told = self.headers.get("Content-Length", "0" if self.command in ("GET", "DELETE") else "")
        if not told.isdigit():
            return Answer(b"<html>400 Bad Request</html>", 400, "text/html")
        return self.rfile.read(int(told)) if int(told) <= most else _too_large()

    def _read_chunks(self, most: int) -> bytes | Answer:
        body = bytearray()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
            if len(body) > most:
                return _too_large()
        while self.rfile.readline().strip():
            pass  # trailers
        return bytes(body)

    def _send(self, answer: Answer, *, may_compress: bool = False) -> None:
        if answer.hang_up:
            self._cut()
            return
        start, end = answer.start, _end(answer)
        whole = answer.body[start:end] if isinstance(answer.body, bytes) else None
        headers = dict(answer.headers)
        if whole is not None and may_compress and len(whole) >= SMALLEST_GZIP and self._accepts_gzip():
            whole = gzip.compress(whole, 5)
            headers["Content-Encoding"] = "gzip"
        length = len(whole) if whole is not None else end - start
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        left = length if answer.cut_at is None else min(length, answer.cut_at)
        self._send_body(whole if whole is not None else answer.body, start, left)
        if answer.cut_at is not None:
            self._cut()

    def _send_body(self, body: bytes | Path, start: int, length: int) -> None:
        if isinstance(body, bytes):
            self.wfile.write(body[:length])
            return
        with body.open("rb") as file:
            file.seek(start)
            while length and (piece := file.read(min(PIECE, length))):
                self.wfile.write(piece)
                length -= len(piece)

    def _cut(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _accepts_gzip(self) -> bool:
        return "gzip" in self.headers.get("Accept-Encoding", "").lower()

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are counted by `Limits`; addresses in targets stay out of logs."""


def _end(answer: Answer) -> int:
    size = len(answer.body) if isinstance(answer.body, bytes) else answer.body.stat().st_size
    return size if answer.end is None else min(answer.end, size)


def _too_large() -> Answer:
    return Answer(b"<html>413 Request Entity Too Large</html>", 413, "text/html")
