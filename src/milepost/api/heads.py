"""HEAD at every address that can be read: the answer to GET without what follows its head."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPSendMessage, Message, Receive, Scope, Send


def with_heads(app: ASGIApp) -> ASGIApp:
    """Asks `app` as if the method were GET. A stream ends with its head."""

    async def headed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return
        ended = False

        async def listen() -> HTTPReceiveMessage:
            return {"type": "http.disconnect"} if ended else await receive()  # type: ignore[return-value]

        async def send_head(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                ended = True
                await send(message)
                last: HTTPSendMessage = {"type": "http.response.body", "body": b"", "more_body": False}
                await send(last)

        # A copy: the server must still know that it was HEAD.
        await app({**scope, "method": "GET"}, listen, send_head)

    return headed
