"""The browser SDKs of others, as docs/segment.md prints them, in a real Chromium on a site of its own."""

from __future__ import annotations

import http.client
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser_sdk.conftest import program
from tests.contract.sdks import NODE, install_node_sdks
from tests.support.server import WRITE_KEY, Server, wait_for

_ROOT = Path(__file__).parents[2]
#: What a product adds to the lines of the documentation.
_CALLS = """
analytics.identify('{who}-user', { name: 'Ann' })
analytics.group('{who}-company', { name: 'Company' })
analytics.page('Home')
for (let n = 0; n < 20; n++) analytics.track('Report Exported', { n })
"""
_SNIPPETS = {"segment": "@segment/analytics-next", "rudder": "@rudderstack/analytics-js/bundled"}


class Way:
    """The way from the page to the server: passes everything on, and refuses the next `to_refuse` posts."""

    def __init__(self, target: str) -> None:
        self.to_refuse = 0
        self.posts: list[str] = []
        self.others: set[str] = set()
        self.script = b""
        way, address = self, urlsplit(target).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                if self.headers["Host"].startswith("localhost"):
                    self._answer(200, {"Content-Type": "text/html"}, b"<!doctype html><title>Shop</title><h1>Shop</h1>")
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.command == "POST":
                    way.posts.append(self.path)
                    if way.to_refuse > 0:
                        way.to_refuse -= 1
                        self._answer(503, {"Access-Control-Allow-Origin": "*"}, b"{}")
                        return
                connection = http.client.HTTPConnection(address, timeout=30)
                # The host of the request stays: the settings name it as the address to send to.
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                answer = connection.getresponse()
                kept = {name: value for name, value in answer.getheaders() if name.lower() != "transfer-encoding"}
                self._answer(answer.status, kept, answer.read())

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_OPTIONS = _pass  # noqa: N815 -- their names there

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{port}"
        #: The product's own site: another host is another origin.
        self.shop = f"http://localhost:{port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    install_node_sdks()
    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = driver.chromium.launch(executable_path=program(driver), args=arguments)
        yield browser.new_page()
        browser.close()


@pytest.fixture
def way(shared_server: Server) -> Iterator[Way]:
    made = Way(shared_server.url)
    yield made
    made.close()


def _snippet(sdk: str) -> str:
    """The lines of the documentation."""
    blocks = re.findall(r"```js\n(.*?)```", (_ROOT / "docs/segment.md").read_text(), re.DOTALL)
    (found,) = [block for block in blocks if f"from '{_SNIPPETS[sdk]}'" in block]
    return str(found)


def _run(page: Page, way: Way, sdk: str, who: str, *, options: str = "") -> None:
    """Opens a page of another origin with the SDK in it."""
    code = _snippet(sdk).replace("mpw_...", WRITE_KEY).replace("https://milepost.example.com", way.url)
    if options:
        code = code.replace(" })", f", {options} }})")
    command = [str(_ROOT / "sdk/node_modules/.bin/esbuild"), "--bundle", "--format=iife", "--log-level=error"]
    code += _CALLS.replace("{who}", who)
    script = subprocess.run(command, input=code.encode(), cwd=NODE, capture_output=True, check=True).stdout
    page.context.clear_cookies()

    def note(url: str) -> None:
        if not url.startswith((way.url, way.shop)):
            way.others.add(url)

    page.on("request", lambda request: note(request.url))
    page.goto(way.shop)
    page.evaluate("localStorage.clear()")
    page.evaluate(script.decode())


def _stored(server: Server, who: str) -> list[tuple[str, str, str | None]]:
    """Call, name and number of each event, and that all are the company's."""
    with psycopg.connect(server.database_url) as connection:
        return connection.execute(
            "select coalesce(event_metadata ->> 'call', 'track'), coalesce(event_metadata ->> 'event', ''),"
            " event_metadata ->> 'n' from public.behavior_events where user_id = %s order by 1, 3",
            [f"{who}-user"],
        ).fetchall()


def _expect_everything(server: Server, who: str) -> None:
    wait_for(lambda: len(_stored(server, who)) == 23, 20, "every call to arrive")
    stored = _stored(server, who)
    assert [call for call, _, _ in stored[:3]] == ["group", "identify", "page"]
    assert {(name, number) for call, name, number in stored if call == "track"} == {
        ("Report Exported", str(n)) for n in range(20)
    }


@pytest.mark.parametrize("sdk", list(_SNIPPETS))
@pytest.mark.timeout(120)
def test_the_documentations_lines_deliver_everything(shared_server: Server, way: Way, page: Page, sdk: str) -> None:
    _run(page, way, sdk, f"lines-{sdk}")
    _expect_everything(shared_server, f"lines-{sdk}")
    assert way.others == set(), "it asks servers of others"


@pytest.mark.parametrize("sdk", list(_SNIPPETS))
@pytest.mark.timeout(120)
def test_what_was_refused_is_sent_again(shared_server: Server, way: Way, page: Page, sdk: str) -> None:
    way.to_refuse = 5
    _run(page, way, sdk, f"again-{sdk}")
    _expect_everything(shared_server, f"again-{sdk}")
    assert way.to_refuse == 0


@pytest.mark.timeout(120)
def test_rudders_beacon(shared_server: Server, way: Way, page: Page) -> None:
    _run(page, way, "rudder", "beacon", options="useBeacon: true, beaconQueueOptions: { flushQueueInterval: 200 }")
    _expect_everything(shared_server, "beacon")
    assert {path.partition("?")[0] for path in way.posts} == {"/beacon/v1/batch"}


@pytest.mark.parametrize(
    "path", ["/v1/projects/mpw_nobody/settings", "/sourceConfig/?writeKey=mpw_nobody", "/sourceConfig"]
)
def test_settings_are_of_a_key_that_there_is(shared_server: Server, path: str) -> None:
    assert httpx.get(shared_server.url + path, verify=False).status_code == 404
