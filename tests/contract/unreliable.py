"""A proxy that breaks some requests on purpose, so that an SDK has to send them again."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

#: What happens to a request: sent on; refused before that; or sent on, and its answer lost in one of two ways.
Fate = Literal["pass", "refuse", "store_then_503", "store_then_drop"]
#: Every fault early, so that a short run meets each; whatever comes later passes.
FATES: tuple[Fate, ...] = ("pass", "store_then_503", "pass", "store_then_drop", "refuse", "pass", "store_then_503")
_UNAVAILABLE = json.dumps({"code": "unavailable", "message": "Come back later.", "detail": "Come back later."}).encode()


class UnreliableProxy:
    """Forwards to `target`. `url` is where it listens; `fates` counts what it did; `receipts` are the server's."""

    def __init__(self, target: str, fates: Sequence[Fate] = FATES) -> None:
        self.fates: Counter[str] = Counter()
        self.receipts: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._address = urlsplit(target).netloc
        self._plan = iter(fates)
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                proxy.handle(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        with self._lock:
            fate: Fate = next(self._plan, "pass")
            self.fates[fate] += 1
            self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if fate == "refuse":
            self._answer(request, 503, _UNAVAILABLE)
            return
        status, answer = self._forward(request, body)
        if fate == "store_then_drop":
            request.close_connection = True
            with contextlib.suppress(OSError):
                request.connection.shutdown(2)
        elif fate == "store_then_503":
            self._answer(request, 503, _UNAVAILABLE)
        else:
            self._answer(request, status, answer)

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
            connection.request("POST", request.path, body, headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status == 200:
            with self._lock:
                self.receipts.append(json.loads(answer))
        return response.status, answer

    @staticmethod
    def _answer(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        if status == 503:
            request.send_header("Retry-After", "1")
        request.end_headers()
        request.wfile.write(body)

    def total(self, what: str) -> int:
        """`accepted` or `duplicates` of all the server's receipts, those that never arrived included."""
        return sum(int(receipt[what]) for receipt in self.receipts)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def unreliable(target: str, fates: Sequence[Fate] = FATES) -> Iterator[UnreliableProxy]:
    proxy = UnreliableProxy(target, fates)
    try:
        yield proxy
    finally:
        proxy.close()
