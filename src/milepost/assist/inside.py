"""A message of an assistant, answered within the server: what a tool asks passes the application from its front door
again, with the caller's own Authorization header. Importing this file loads httpx and the SDK."""

from __future__ import annotations

from typing import Any

import httpx
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from milepost.access.auth import bearer
from milepost.access.services import AnyRequest, services
from milepost.assist.calls import Api
from milepost.assist.catalogue import reader_of
from milepost.assist.schemas import Tools, tools_for
from milepost.assist.serving import Assistant


async def tools_of(request: AnyRequest) -> Tools:
    """All tools of this server, by its own document."""
    async with _client(request) as client:
        return tools_for(await _api(request, client).document())


def answering(request: AnyRequest, body: bytes, tools: Tools) -> ASGIApp:
    """The answer to a message, whose `body` has been read within its limit."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        served, reader = services(request), reader_of(bearer(request) or "")
        async with _client(request) as client:
            assistant = Assistant(_api(request, client), reader, tools[reader], served.settings.url, served.now)
            # One for each message: nothing is left of it when that is answered.
            manager = StreamableHTTPSessionManager(assistant.server(), json_response=True, stateless=True)
            async with manager.run():
                await manager.handle_request(scope, _again(body, receive), send)  # type: ignore[arg-type]  # our words

    return answered


def _client(request: AnyRequest) -> httpx.AsyncClient:
    address = (request.client.host, request.client.port) if request.client else ("unknown", 0)
    transport = httpx.ASGITransport(request.app, raise_app_exceptions=False, client=address)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=services(request).settings.url)


def _api(request: AnyRequest, client: httpx.AsyncClient) -> Api:
    return Api(client, request.headers.get("authorization", ""))


def _again(body: bytes, receive: Receive) -> Any:
    """What comes in, once more from its beginning."""
    first: list[HTTPReceiveMessage] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> object:
        return first.pop() if first else await receive()

    return received
