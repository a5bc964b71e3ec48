"""A server like the real one, as far as an SDK can tell: it dedupes by id, and answers as it is told to."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """One scripted answer, given in place of the usual one."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"code":"test","message":"as told","field":null}'
    store: bool = False  # take the events in all the same
    hang: threading.Event | None = None  # wait for it (10 s at most) before answering
    drop: bool = False  # close the connection without an answer


@dataclass
class Request:
    path: str
    key: str
    size: int
    gzipped: bool
    port: int  # the client's: equal for requests on one connection
    at: float  # monotonic
    body: Any


def eventually(check: Callable[[], object], seconds: float = 10.0) -> None:
    """Waits until `check()` is true; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    tick = threading.Event()
    while not check():
        assert time.monotonic() < deadline, "it did not come to that"
        tick.wait(0.005)


class Receiver:
    """What arrived. `stored` holds each id once; `sent` counts how often it came."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.calls: dict[str, dict[str, Any]] = {}
        self.sent: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.script: deque[Answer] = deque()
        self.reject: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda event: None
        self.always: Callable[[Any], Answer | None] = lambda body: None
        self.reads: dict[str, Any] = {}
        self.lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                receiver.post(self)

            def do_GET(self) -> None:
                key = self.headers["Authorization"].removeprefix("Bearer ")
                receiver.requests.append(Request(self.path, key, 0, False, 0, time.monotonic(), None))
                found = receiver.reads.get(self.path)
                receiver.answer(self, 200 if found is not None else 404, json.dumps(found).encode(), {})

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # clients that were killed

        self.server = Server(("127.0.0.1", 0), Handler)
        self.host = f"http://127.0.0.1:{self.server.server_port}"

    def post(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers["Content-Length"]))
        gzipped = handler.headers.get("Content-Encoding") == "gzip"
        body = json.loads(gzip.decompress(raw) if gzipped else raw)
        records = body["events"] if handler.path == "/v1/events" else body["batch"]
        key = handler.headers["Authorization"].removeprefix("Bearer ")
        port = handler.client_address[1]
        with self.lock:
            request = Request(handler.path, key, len(records), gzipped, port, time.monotonic(), body)
            self.requests.append(request)
            answer = self.always(body) or (self.script.popleft() if self.script else None)
            receipt = self.take(handler.path, records) if answer is None or answer.store else b""
        if answer is None:
            self.answer(handler, 200, receipt, {})
            return
        if answer.hang is not None:
            answer.hang.wait(10)
        if answer.drop:
            handler.close_connection = True
            handler.connection.close()
            return
        self.answer(handler, answer.status, answer.body, answer.headers)

    def take(self, path: str, records: list[dict[str, Any]]) -> bytes:
        accepted = duplicates = 0
        rejected = []
        for index, record in enumerate(records):
            record_id = record["event_id"] if path == "/v1/events" else record["messageId"]
            self.sent[record_id] += 1
            place = self.stored if path == "/v1/events" else self.calls
            if (refusal := self.reject(record)) is not None:
                rejected.append({"index": index, "event_id": record_id, **refusal})
            elif record_id in place:
                duplicates += 1
            else:
                place[record_id] = record
                accepted += 1
        if path == "/v1/batch":
            return b'{"success":true}'
        return json.dumps({"accepted": accepted, "duplicates": duplicates, "rejected": rejected}).encode()

    @staticmethod
    def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join(5)
