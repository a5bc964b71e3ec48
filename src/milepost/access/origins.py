"""Which other sites' pages a browser lets talk to this server (CORS). Cookies never go with what they ask."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from milepost.access.paths import API

#: Where SDKs post with the public key, from whatever site they are on, and what they fetch first. `/milepost.js` says
#: so itself.
_FOR_ALL: Final = re.compile(
    r"/v1/(events|batch|import|track|identify|page|screen|group|alias|[tipgsab])/?\Z"
    r"|/v1/projects/[^/]+/settings\Z|/beacon/v1/batch\Z|/sourceConfig/?\Z"
)
_METHODS: Final = "DELETE, GET, PATCH, POST, PUT"
#: Seconds a browser need not ask again: two hours are the most that Chromium takes.
_MAX_AGE: Final = "7200"


def with_origins(app: ASGIApp, allowed: Collection[str]) -> ASGIApp:
    """Lets every site's pages send events, those of the origins `allowed` (or all, for `*`) use the rest of `/v1`, and
    none the pages. What is not let is answered as ever: the browser keeps it from the page."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(API):
            await app(scope, receive, send)
            return
        asked = Headers.from_scope(scope)
        origin = asked.get("origin", "")
        anybody = _FOR_ALL.match(scope["path"]) is not None or "*" in allowed
        headers: dict[str, str] = {}
        if origin and (anybody or origin in allowed):
            headers["Access-Control-Allow-Origin"] = "*" if anybody else origin
            headers["Access-Control-Expose-Headers"] = "Retry-After"
        if not anybody and allowed:
            # With or without: a cache must not give one site's answer to another.
            headers["Vary"] = "Origin"
        if "Access-Control-Allow-Origin" in headers and scope["method"] == "OPTIONS" and _is_preflight(asked):
            headers |= {"Access-Control-Allow-Methods": _METHODS, "Access-Control-Max-Age": _MAX_AGE}
            if wanted := asked.get("access-control-request-headers"):
                # Whatever an SDK sends: each has names of its own for its retries.
                headers["Access-Control-Allow-Headers"] = wanted
            await _answer(send, headers)
            return
        await app(scope, receive, _with_headers(send, headers) if headers else send)

    return answered


def _is_preflight(asked: Headers) -> bool:
    return "access-control-request-method" in asked


async def _answer(send: Send, headers: dict[str, str]) -> None:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 204, "headers": raw})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer = MutableScopeHeaders.from_message(message)
            for name, value in headers.items():
                answer.add(name, value)
        await send(message)

    return wrapped
