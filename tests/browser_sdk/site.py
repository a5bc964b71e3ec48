"""A customer's web site with the SDK in it, and the way from there to Milepost, which can be broken on purpose."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.support.server import WRITE_KEY

SCRIPT = Path(__file__).parents[2] / "src/milepost/dashboard/static/milepost.js"

_PAGE = """<!doctype html><title>{path}</title>
<script src="/milepost.js" data-write-key="{key}" {options}></script>
<h1>{path}</h1>
<a id="next" href="/next{query}">next</a>
<section data-milepost-tool-id="cost-calculator" data-milepost-competency-area="value_communication">
  <button id="export" data-milepost-button-id="export-pdf" data-milepost-business-impact="high"><b>Export</b></button>
  <form id="form" data-milepost-form-id="inputs" data-milepost-plan="pro"><button id="send">Send</button></form>
</section>
<script>document.getElementById("form").addEventListener("submit", (event) => event.preventDefault());</script>
"""
#: A page that may look at a clock with fine steps.
_ISOLATED = (("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Embedder-Policy", "require-corp"))


@dataclass(frozen=True)
class Answer:
    """What the site says instead of what Milepost said (`stored`), or instead of asking it at all."""

    status: int
    body: bytes = b'{"code": "unavailable", "message": "Come back later.", "field": null}'
    headers: tuple[tuple[str, str], ...] = ()
    stored: bool = False
    hold: threading.Event | None = None  # answered only after it is set


@dataclass
class Seen:
    """One request to the API as it arrived. `at` and `done` in seconds of the monotonic clock."""

    path: str
    at: float
    ids: tuple[str, ...]
    size: int
    content_type: str
    status: int = 0
    done: float = 0.0
    events: tuple[dict[str, object], ...] = field(default=(), repr=False)


class Site:
    """Serves pages at any path, and /v1/ from Milepost. The page's query gives the script tag's options."""

    def __init__(self, target: str) -> None:
        self.requests: list[Seen] = []
        self.preflights = 0
        #: Asked for every request to the API with its number, from 0; None lets it pass.
        self.fate: Callable[[int, Seen], Answer | None] = lambda number, seen: None
        self._target = urlsplit(target).netloc
        self._lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.get(self)

            def do_POST(self) -> None:
                site.post(self)

            def do_OPTIONS(self) -> None:
                site.preflights += 1
                _send(self, 200, b"", [])

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def page(self, path: str = "/page", **options: object) -> str:
        """An address whose page has the script tag with these `data-` options."""
        query = "&".join(f"{name.replace('_', '-')}={value}" for name, value in options.items())
        return f"{self.url}{path}?{query}"

    def ids(self) -> list[str]:
        """Of all events that arrived, in order, as often as they did."""
        return [one for seen in list(self.requests) for one in seen.ids]

    def get(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        if parts.path == "/milepost.js":
            _send(request, 200, SCRIPT.read_bytes(), [("Content-Type", "text/javascript")])
        elif parts.path == "/framed":
            html = f'<iframe sandbox="allow-scripts allow-forms" src="/page?{parts.query}"></iframe>'
            _send(request, 200, html.encode(), [("Content-Type", "text/html")])
        elif parts.path == "/favicon.ico":
            _send(request, 204, b"", [])
        else:
            options = " ".join(f'data-{name}="{value}"' for name, value in parse_qsl(parts.query))
            query = f"?{parts.query}"
            html = _PAGE.format(path=parts.path, key=WRITE_KEY, options=options, query=query)
            isolated = _ISOLATED if parts.path == "/isolated" else ()
            _send(request, 200, html.encode(), [("Content-Type", "text/html"), *isolated])

    def post(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        with contextlib.suppress(ValueError):
            data = json.loads(body)
        events = tuple(data.get("events") or data.get("batch") or ())
        ids = tuple(str(event.get("event_id") or event.get("messageId")) for event in events)
        seen = Seen(
            request.path, time.monotonic(), ids, len(body), request.headers.get("Content-Type", ""), events=events
        )
        with self._lock:
            number = len(self.requests)
            self.requests.append(seen)
        fate = self.fate(number, seen)
        status, answer, headers = 200, b"", [("Content-Type", "application/json")]
        if fate is None or fate.stored:
            status, answer, retry = self._forward(request, body)
            headers += [("Retry-After", retry)] if retry else []
        if fate is not None:
            status, answer, headers = fate.status, fate.body, list(fate.headers)
            if fate.hold is not None:
                fate.hold.wait(30)
        seen.status, seen.done = status, time.monotonic()
        if status == 0:  # a connection that breaks
            request.close_connection = True
            with contextlib.suppress(OSError):
                request.connection.shutdown(2)
            return
        _send(request, status, answer, headers)

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes, str | None]:
        connection = http.client.HTTPConnection(self._target, timeout=30)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
            connection.request("POST", request.path, body, headers)
            response = connection.getresponse()
            return response.status, response.read(), response.getheader("Retry-After")
        finally:
            connection.close()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
    with contextlib.suppress(OSError):
        request.send_response(status)
        # A sandboxed frame has no origin of its own.
        request.send_header("Access-Control-Allow-Origin", "*")
        request.send_header("Access-Control-Expose-Headers", "Retry-After")
        for name, value in headers:
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


@contextmanager
def running_site(target: str) -> Iterator[Site]:
    site = Site(target)
    try:
        yield site
    finally:
        site.stop()
