"""The pages over HTTP: what they need, what addresses may hold, and what they say when something is wrong."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from milepost.dashboard.static_files import CONTENT_SECURITY_POLICY
from tests.support.dashboard import member
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, running, wait_for

#: Ids that break addresses which are not built and read with care.
_IDS = ("a/b/c", "100%", "%41", "a?b#c", "شركة", "🙂", "x" * 200, "<b>&\"'", " ", "..a", "a//b/", "timeline", "-")


@pytest.fixture(scope="module")
def signed_in(shared_server: Server) -> Iterator[httpx.Client]:
    events = [
        {"customer_id": name, "event_type": "tool_usage", "tool_id": "icp-analysis", "event_metadata": {"note": name}}
        for name in _IDS
    ]
    with shared_server.client(WRITE_KEY) as client:
        assert client.post("/v1/events", json={"events": events}).json()["accepted"] == len(_IDS)
    with member(shared_server) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/live", "/customers", "/customers/timeline", "/keys", "/nothing", "/sign-in"])
def test_every_page_is_locked_down(signed_in: httpx.Client, path: str) -> None:
    answer = signed_in.get(path)
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


def test_what_may_be_cached_carries_no_cookie(signed_in: httpx.Client) -> None:
    page = signed_in.get("/customers")
    assert "milepost=" in page.headers["set-cookie"]
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert len(files) > 5
    for path in [*files, "/health", "/openapi.json"]:
        answer = signed_in.get(unescape(path))
        assert answer.status_code == 200, path
        assert "set-cookie" not in answer.headers, path
        assert "immutable" in answer.headers.get("cache-control", "immutable")


@pytest.mark.parametrize("customer_id", _IDS)
def test_any_id_has_its_page(signed_in: httpx.Client, customer_id: str) -> None:
    path = f"/customers/{quote(customer_id, safe='')}"
    assert f'href="{path}"' in signed_in.get("/customers").text
    page = signed_in.get(path)
    assert page.status_code == 200, page.text
    shown = re.search(r'data-copy-text="([^"]*)"', page.text)
    assert shown is not None
    assert unescape(shown[1]) == customer_id
    detail = re.search(r'hx-get="([^"]*/events/[^"]*)"', page.text)
    assert detail is not None
    part = signed_in.get(unescape(detail[1]))
    assert part.status_code == 200
    assert unescape(part.text).count(json.dumps(customer_id, ensure_ascii=False)) == 1
    assert "<html" not in part.text
    assert signed_in.get(f"{path}/timeline").status_code == 200
    assert signed_in.get(f"/v1{path}").json()["customer_id"] == customer_id


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/customers?q=%00%ff&show=x&sort=score&dir=up&after=x&before=y", 200),
        ("/customers?q=" + "%25_%5C" * 60, 200),
        ("/customers?after=WyItbGFzdF9zZWVuIiwidHJ1ZSIsIngiXQ", 200),
        ("/customers?sort=events&after=WyItZXZlbnRzIix0cnVlLCJ4Il0", 200),
        ("/customers?sort=events&before=WyItZXZlbnRzIiw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5LCJ4Il0", 200),
        ("/customers?q=nobody-has-this-name", 200),
        ("/customers/nobody", 404),
        ("/customers/%FF", 404),
        ("/customers/a%00b", 404),
        ("/customers/" + "y" * 201, 404),
        ("/customers/timeline/other", 404),
        ("/customers/timeline/events/1", 404),
        ("/customers/timeline/events/00000000-0000-7000-8000-000000000000", 404),
        ("/customers/nobody/timeline?day=soon", 200),
        ("/customers/nobody/timeline?before=x", 400),
        ("/live?type=none&customer=%00", 200),
        ("/nothing/here", 404),
    ],
)
def test_odd_addresses(signed_in: httpx.Client, path: str, status: int) -> None:
    answer = signed_in.get(path)
    assert answer.status_code == status, answer.text
    assert "<html" in answer.text or "/timeline" in path
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("zone", ["America/New_York", "Asia%2FKathmandu", "../../etc/passwd", "%00", "x" * 3000, ""])
def test_any_time_zone_cookie(signed_in: httpx.Client, zone: str) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items())
    assert signed_in.get("/", headers={"Cookie": f"{cookies}; tz={zone}"}).status_code == 200


def test_failures_are_pages_for_people_and_json_for_programs(signed_in: httpx.Client) -> None:
    page = signed_in.get("/nothing")
    assert "There is nothing at this address" in page.text
    assert "Sign out" in page.text, "who is signed in keeps the navigation"
    plain = signed_in.get("/nothing", headers={"Accept": "application/json"})
    api = signed_in.get("/v1/customers/nobody")
    assert plain.json()["code"] == api.json()["code"] == "not_found"
    assert "<form" not in visitor_text(signed_in, "/nothing")


def visitor_text(client: httpx.Client, path: str) -> str:
    return httpx.get(str(client.base_url.join(path)), headers={"Accept": "text/html"}).text


def test_keys_without_a_name_are_refused(signed_in: httpx.Client) -> None:
    token = re.search(r'name="_csrf_token" value="([^"]*)"', signed_in.get("/keys").text)
    assert token is not None
    for form in (
        {"name": "  ", "kind": "browser"},
        {"name": "a", "kind": "other"},
        {"name": "n" * 201, "kind": "write"},
    ):
        answer = signed_in.post("/keys", data={"_csrf_token": token[1], **form})
        assert answer.status_code == 400
        assert "Give the key a name" in answer.text
    assert signed_in.post("/keys/not-an-id/revoke", data={"_csrf_token": token[1]}).status_code == 404


def test_a_newcomer_copies_the_example_and_sees_the_page_fill(dsn: str, tmp_path: Path) -> None:
    alone = Server(tmp_path / "server", database_url=dsn, environ={"MILEPOST_WRITE_KEY": ""})
    with running(alone), member(alone) as client:
        page = client.get("/").text
        assert page == client.get("/").text, "the first key is made once"
        assert client.get("/first-event").status_code == 204
        command = shlex.split(unescape(re.search(r"<code>(curl .*?)</code>", page, re.DOTALL)[1]).replace("\\\n", ""))  # type: ignore[index]
        body, headers = command[-1], [command[i + 1] for i, word in enumerate(command) if word == "-H"]
        sent = httpx.post(command[1], content=body, headers=dict(h.split(": ", 1) for h in headers))
        assert sent.json()["accepted"] == 1, sent.text
        came = client.get("/first-event")
        assert (came.status_code, came.headers["hx-refresh"]) == (200, "true")
        overview = client.get("/?wait=1").text
        assert "Nobody needs you today" in overview
        # What nothing was ever sent for is not there at 0.
        assert "<dt>Events</dt>" in overview
        assert "<dt>Exports</dt>" not in overview
        assert "First key" in client.get("/keys").text


def test_the_database_away(cluster: Cluster, tmp_path: Path) -> None:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path / "server", database_url=dsn)) as server,
        member(server) as client,
        psycopg.connect(cluster.admin_dsn, autocommit=True) as admin,
    ):
        name = str(conninfo_to_dict(dsn)["dbname"])
        admin.execute(sql.SQL("alter database {} allow_connections false").format(sql.Identifier(name)))
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        try:
            page = client.get("/customers")
        finally:
            admin.execute(sql.SQL("alter database {} allow_connections true").format(sql.Identifier(name)))
        assert page.status_code == 503
        assert "The database cannot be reached right now" in page.text
        assert "Traceback" not in page.text
        assert int(page.headers["retry-after"]) > 0
        wait_for(lambda: client.get("/customers").status_code == 200, 10, "the page to come back")
