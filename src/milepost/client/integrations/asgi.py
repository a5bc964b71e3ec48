"""ASGI middleware (Starlette, FastAPI, Litestar, Quart, Django's ASGI):

app = MilepostMiddleware(app, tracker, identify=lambda scope: {"customer_id": scope["user"].account})
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from milepost.client.integrations.request import Timer, Who, failed, track_request
from milepost.client.tracker import BaseTracker

# ASGI's own loose types: what a scope and a message hold is up to the server.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Identify = Callable[[Scope], Who | Awaitable[Who]]


class MilepostMiddleware:
    """Tracks each HTTP request that `identify` knows, after it was answered.

    `identify(scope)` (plain or async) is called at the end, when the layers below have put the user
    into the scope. What it raises is reported and goes no further.
    """

    def __init__(self, app: App, tracker: BaseTracker, identify: Identify) -> None:
        self._app = app
        self._tracker = tracker
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        timer = Timer()
        status = 500  # what the server answers when the app raises before it has

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            await self._track(scope, status, timer.ms())

    async def _track(self, scope: Scope, status: int, duration_ms: int) -> None:
        try:
            who = self._identify(scope)
            if inspect.isawaitable(who):
                who = await who
            if who is None:
                return
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            track_request(
                self._tracker,
                who,
                method=scope["method"],
                url=_url(scope, headers.get("host")),
                status=status,
                duration_ms=duration_ms,
                referrer=headers.get("referer"),
                user_agent=headers.get("user-agent"),
            )
        except Exception as error:  # noqa: BLE001 -- the request must not suffer
            failed(self._tracker, error)


def _url(scope: Scope, host: str | None) -> str:
    path: str = scope["path"]
    if not host:
        server = scope.get("server")
        host = f"{server[0]}:{server[1]}" if server else ""
    return f"{scope.get('scheme', 'http')}://{host}{path}" if host else path
