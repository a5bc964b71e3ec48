"""What a browser lets other sites' pages do: send events from anywhere, the rest from where a setting says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from litestar.routes import HTTPRoute

from milepost.access.callers import ACCESS, Caller
from milepost.app import create_app
from milepost.errors import SettingsError
from milepost.settings import Settings, load_settings
from tests.support.dashboard import member
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, customer_token, running

# The application is built in this process; parameters are still declared the way that Litestar 3 will drop.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning")

_APP, _EVIL = "https://app.example", "https://evil.example"
_WANTED = "authorization,content-type,x-of-an-sdk-to-come"


def _routes() -> Iterator[tuple[str, str, Caller]]:
    """Method, an address, and who may call it: all that the application has."""
    app = create_app(
        Settings(database_url="postgresql://nowhere", token_secret="x" * 32, tools_app=True, development=True)
    )
    for route in app.routes:
        assert isinstance(route, HTTPRoute), route.path
        address = route.path_format.replace("{file_path}", "app.css")
        address = re.sub(r"\{\w+\}", "0190a0b0-0000-7000-8000-000000000000", address)
        for method, (handler, _) in route.route_handler_map.items():
            if method not in ("OPTIONS", "HEAD"):
                yield str(method), address, handler.opt[ACCESS]


def _preflight(client: httpx.Client, path: str, origin: str, method: str = "POST") -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": _WANTED,
    }
    return client.options(path, headers=headers)


def _lets(answer: httpx.Response) -> str | None:
    assert "access-control-allow-credentials" not in answer.headers
    found: str | None = answer.headers.get("access-control-allow-origin")
    return found


@pytest.fixture(scope="module")
def allowing(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environ = {"MILEPOST_ALLOWED_ORIGINS": f"{_APP}, http://localhost:5173"}
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("allowing"), database_url=dsn, environ=environ)) as server,
    ):
        yield server


def _is_fetched_first(path: str) -> bool:
    """What the browser SDKs of others ask before they send."""
    return path == "/sourceConfig" or path.startswith("/v1/projects/")


@pytest.fixture(params=["nothing set", "another origin set"])
def client(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    name = "shared_server" if request.param == "nothing set" else "allowing"
    server: Server = request.getfixturevalue(name)
    with httpx.Client(base_url=server.url, verify=False, timeout=30) as client:
        yield client


def test_every_site_may_send_events_and_do_nothing_else(client: httpx.Client) -> None:
    preflights, requests = {}, {}
    for method, path, caller in _routes():
        preflights[method, path] = _lets(_preflight(client, path, _EVIL, method))
        with client.stream(method, path, headers={"Origin": _EVIL}) as answer:
            requests[method, path] = _lets(answer)
        sends = caller is Caller.WRITE_KEY or _is_fetched_first(path)
        assert (preflights[method, path] == "*") == sends, (method, path)
    sending = {("POST", path) for method, path, caller in _routes() if caller is Caller.WRITE_KEY}
    assert len(sending) == 17
    sending |= {("GET", path) for _, path, _ in _routes() if _is_fetched_first(path)}
    assert {route for route, lets in preflights.items() if lets} == sending
    assert {route for route, lets in requests.items() if lets} == sending | {("GET", "/milepost.js")}


@pytest.mark.parametrize("path", ["/v1/events", "/v1/batch", "/v1/t", "/v1/events/"])
def test_an_sdk_on_another_site_hears_its_receipt_and_its_refusals(shared_server: Server, path: str) -> None:
    with httpx.Client(base_url=shared_server.url, verify=False) as client:
        asked = _preflight(client, path, _EVIL)
        assert asked.status_code == 204
        assert set(_WANTED.split(",")) <= set(asked.headers["access-control-allow-headers"].split(","))
        assert "POST" in asked.headers["access-control-allow-methods"]
        body = {"events": [], "batch": [], "event": "x", "userId": "u"}
        for key, status in ((WRITE_KEY, 200), ("mpw_wrong", 401)):
            headers = {"Origin": _EVIL, "Authorization": f"Bearer {key}"}
            answer = client.post(path, json=body, headers=headers)
            assert answer.status_code == status, answer.text
            assert _lets(answer) == "*"
            assert answer.headers["access-control-expose-headers"] == "Retry-After"


def test_a_site_that_is_set_reads_with_a_customers_token(allowing: Server) -> None:
    bearer = {"Authorization": f"Bearer {customer_token('acme')}"}
    with httpx.Client(base_url=allowing.url, verify=False) as client:
        for path, method in (("/v1/me/events", "GET"), ("/v1/me/game/profile", "PUT"), ("/v1/customers", "GET")):
            asked = _preflight(client, path, _APP, method)
            assert (asked.status_code, _lets(asked), asked.headers["vary"]) == (204, _APP, "Origin")
            assert method in asked.headers["access-control-allow-methods"]
            assert asked.headers["access-control-allow-headers"] == _WANTED
        for origin in (_APP, "http://localhost:5173"):
            for headers, status in ((bearer, 200), ({}, 401)):
                answer = client.get("/v1/me/events", headers={"Origin": origin, **headers})
                assert (answer.status_code, _lets(answer), answer.headers["vary"]) == (status, origin, "Origin")
        # A cache that has the answer for nobody in particular must ask anew for a site.
        assert client.get("/v1/me/events", headers=bearer).headers["vary"] == "Origin"
        for other in (_EVIL, "null", f"{_APP}.evil.example", "http://app.example", f"{_APP}:8443", "http://localhost"):
            assert _lets(client.get("/v1/me/events", headers={"Origin": other, **bearer})) is None, other
            assert _lets(_preflight(client, "/v1/me/events", other, "GET")) is None, other
        for page in ("/", "/sign-in", "/health", "/openapi.json", "/static/app.css"):
            assert _lets(client.get(page, headers={"Origin": _APP})) is None, page


def test_a_site_that_is_set_cannot_use_a_members_cookie(allowing: Server) -> None:
    with member(allowing, "127.0.5.1") as dana:
        assert dana.get("/v1/customers").status_code == 200
        assert dana.get("/v1/customers", headers={"Origin": _APP}).status_code == 403
        with_key = {"Origin": _APP, "Authorization": f"Bearer {SECRET_KEY}"}
        assert dana.get("/v1/customers", headers=with_key).status_code == 200


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", set()),
        ("*", {"*"}),
        (
            " https://App.example ,http://localhost:3000,",
            {"https://app.example", "http://localhost:3000"},
        ),
        ("https://a.example:443,http://b.example:80", {"https://a.example", "http://b.example"}),
        ("https://a.example:80,tauri://localhost,http://[::1]:8080", {
            "https://a.example:80", "tauri://localhost", "http://[::1]:8080",
        }),
    ],
)  # fmt: skip
def test_origins_are_taken_as_browsers_write_them(text: str, origins: set[str]) -> None:
    assert load_settings({"MILEPOST_ALLOWED_ORIGINS": text}).origins == origins


@pytest.mark.parametrize(
    "text",
    ["app.example", "https://app.example/", "https://app.example/x", "https://*.example", "https://ä.example", "null"],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"MILEPOST_ALLOWED_ORIGINS.*https://app\.example\.com"):
        load_settings({"MILEPOST_ALLOWED_ORIGINS": text})
