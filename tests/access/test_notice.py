"""What MILEPOST_NOTICE says stands on every page, whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from litestar.routes import HTTPRoute

from milepost.access.callers import ACCESS, Caller
from milepost.app import create_app
from milepost.settings import Settings
from tests.support.dashboard import member, sign_in_link, visitor
from tests.support.postgres import Cluster
from tests.support.server import SERVER_KEY, Server, running

# The application is built in this process; parameters are still declared the way that Litestar 3 will drop.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning")

_NOTICE = "Simulated data: <none> of it is real."
_SHOWN = '<p class="notice site-notice" role="note">Simulated data: &lt;none&gt; of it is real.</p>'


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environ = {"MILEPOST_TOOLS_APP": "1", "MILEPOST_NOTICE": _NOTICE}
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("notice"), database_url=dsn, environ=environ)) as started,
    ):
        with started.client(SERVER_KEY) as client:
            event = {"event_type": "tool_usage", "customer_id": "notice-inc", "user_id": "ann"}
            assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
        yield started


def _paths() -> Iterator[str]:
    """Every address that a browser may be at, with something that is there where there can be."""
    app = create_app(Settings(database_url="postgresql://nowhere", token_secret="x" * 32, tools_app=True))
    for route in app.routes:
        assert isinstance(route, HTTPRoute), route.path
        if "GET" not in route.route_handler_map:
            continue
        caller = route.route_handler_map["GET"][0].opt[ACCESS]
        # The API's document is no page, nor is what Litestar says where there is none; the example is a script.
        others = route.path.startswith(("/static", "/tools-app", "/openapi.json"))
        if caller in (Caller.MEMBER, Caller.ANYBODY) and not others:
            person = route.path_format.startswith("/people/")
            path = route.path_format.replace("{segment}", "ann" if person else "notice-inc")
            yield re.sub(r"\{\w+\}", "0190a0b0-0000-7000-8000-000000000000", path)


def _pages(client: httpx.Client) -> dict[str, bool]:
    """Of each whole page whether it has the notice; what is a part of one has its page's."""
    found = {}
    for path in [*_paths(), "/nothing-is-here", "/customers/nobody"]:
        answer = client.get(path, follow_redirects=True)
        if "<html" in answer.text:
            found[path] = _SHOWN in answer.text
    return found


def test_on_every_page_of_the_team(server: Server) -> None:
    with member(server, "127.0.3.7") as client:
        found = _pages(client)
    assert [path for path, there in found.items() if not there] == []
    assert {"/", "/customers/notice-inc", "/people/ann", "/trends", "/event-names", "/nothing-is-here"} <= found.keys()
    assert len(found) > 25


def test_on_every_page_in_front_of_the_door(server: Server) -> None:
    with visitor(server, "127.0.3.8") as client:
        found = _pages(client)
        assert _SHOWN in client.get(sign_in_link(server)).text
    assert [path for path, there in found.items() if not there] == []
    assert "/sign-in" in found


def test_the_example_is_told(server: Server) -> None:
    with visitor(server) as client:
        assert client.get("/tools-app/config.json").json()["notice"] == _NOTICE
