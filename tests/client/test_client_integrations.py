"""The middlewares around real ASGI, WSGI and Django handlers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import httpx
import pytest

from milepost import Tracker, TrackerError
from milepost.client.integrations.asgi import MilepostMiddleware as AsgiMiddleware
from milepost.client.integrations.wsgi import MilepostMiddleware as WsgiMiddleware
from tests.client.receiving import Receiver


def _metadata(server: Receiver) -> list[dict[str, Any]]:
    found = []
    for event in server.stored.values():
        assert event["event_type"] == "navigation"
        metadata = event["event_metadata"]
        assert metadata.pop("duration_ms") >= 0
        found.append({**metadata, "page": event["page_url"], "customer": event["customer_id"]})
    return found


async def _asgi_app(scope: Any, receive: Any, send: Any) -> None:
    scope["account"] = "globex"  # as an authentication layer below would
    if scope["path"] == "/broken":
        raise RuntimeError("the host's own")
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def _asgi_get(app: Any, path: str) -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as client:
            return await client.get(path, headers={"User-Agent": "UA", "Referer": "http://from.test/a?secret=1"})

    return asyncio.run(get())


def test_asgi(server: Receiver, tracker: Tracker) -> None:
    async def identify(scope: Any) -> dict[str, object] | None:
        return None if scope["path"] == "/health" else {"customer_id": scope["account"], "tool_id": "business-case"}

    app = AsgiMiddleware(_asgi_app, tracker, identify)
    assert _asgi_get(app, "/tools?token=x").text == "hello"
    assert _asgi_get(app, "/health").status_code == 201
    with pytest.raises(RuntimeError, match="the host's own"):
        _asgi_get(app, "/broken")
    assert tracker.flush()
    common = {"method": "GET", "user_agent": "UA", "customer": "globex"}
    assert _metadata(server) == [
        {**common, "status": 201, "page": "http://shop.test/tools"},
        {**common, "status": 500, "page": "http://shop.test/broken"},
    ]
    assert {event["referrer"] for event in server.stored.values()} == {"http://from.test/a"}
    assert {event["tool_id"] for event in server.stored.values()} == {"business-case"}


def test_an_identify_that_raises_breaks_no_request(tracker: Tracker, errors: list[TrackerError]) -> None:
    def identify(_: Any) -> dict[str, object]:
        raise KeyError("user")

    assert _asgi_get(AsgiMiddleware(_asgi_app, tracker, identify), "/").status_code == 201
    assert _wsgi_get(WsgiMiddleware(_wsgi_app, tracker, identify), "/") == (["200 OK"], b"hello")
    assert [error.code for error in errors] == ["callback", "callback"]
    assert tracker.stats().captured == 0


def test_other_asgi_scopes_pass_through(tracker: Tracker) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    middleware = AsgiMiddleware(app, tracker, lambda scope: {})
    asyncio.run(middleware({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    asyncio.run(middleware({"type": "websocket"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan", "websocket"]
    assert tracker.stats().captured == 0


def _wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError("the host's own")
    start_response("200 OK", [])
    yield b"hel"
    yield b"lo"


def _wsgi_get(app: Any, path: str) -> tuple[list[str], bytes]:
    environ: dict[str, Any] = {"PATH_INFO": path, "QUERY_STRING": "token=x", "HTTP_HOST": "shop.test"}
    setup_testing_defaults(environ)
    statuses: list[str] = []
    body = app(environ, lambda status, headers, exc_info=None: statuses.append(status))
    try:
        return statuses, b"".join(body)
    finally:
        body.close()


def test_wsgi(server: Receiver, tracker: Tracker) -> None:
    app = WsgiMiddleware(
        _wsgi_app, tracker, lambda environ: None if environ["PATH_INFO"] == "/health" else {"user_id": "ann"}
    )
    assert _wsgi_get(app, "/tools") == (["200 OK"], b"hello")
    _wsgi_get(app, "/health")
    with pytest.raises(RuntimeError, match="the host's own"):
        _wsgi_get(app, "/broken")
    assert tracker.flush()
    assert _metadata(server) == [
        {"method": "GET", "status": 200, "page": "http://shop.test/tools", "customer": "acme"},
        {"method": "GET", "status": 500, "page": "http://shop.test/broken", "customer": "acme"},
    ]


def test_django_sync_and_async(server: Receiver, tmp_path: Path) -> None:
    """In a process of its own: Django is set up once for good."""
    code = f"""
        import asyncio, milepost
        from django.conf import settings
        from django.http import HttpResponse
        from django.urls import path
        tracker = milepost.Tracker("wk", host={server.host!r}, spool_dir={str(tmp_path)!r}, on_error=print)
        def plain(request): return HttpResponse("plain", status=202)
        async def coroutine(request): return HttpResponse("coroutine")
        urlpatterns = [path("plain", plain), path("coroutine", coroutine)]
        def identify(request):
            return None if "skip" in request.GET else {{"customer_id": "globex"}}
        settings.configure(
            ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="s", MILEPOST_TRACKER=tracker,
            MILEPOST_IDENTIFY=identify, MIDDLEWARE=["milepost.client.integrations.django.MilepostMiddleware"])
        import django
        django.setup()
        from django.test import AsyncClient, Client
        assert Client().get("/plain?x=1").content == b"plain"
        assert Client().get("/plain?skip=1").status_code == 202
        assert Client().get("/missing").status_code == 404
        async def main():
            assert (await AsyncClient().get("/coroutine")).content == b"coroutine"
        asyncio.run(main())
        assert tracker.flush()
        settings.MILEPOST_IDENTIFY = None
        assert Client().get("/plain").status_code == 202
        assert tracker.stats().captured == 3
    """
    subprocess.run([sys.executable, "-W", "error", "-c", textwrap.dedent(code)], check=True, timeout=30)
    pages = [(event["page"], event["status"], event["customer"]) for event in _metadata(server)]
    assert pages == [
        ("http://testserver/plain", 202, "globex"),
        ("http://testserver/missing", 404, "globex"),
        ("http://testserver/coroutine", 200, "globex"),
    ]
