"""Forms of pages: each carries a token of the browser and of the session it was made for, so that no other site's page
can send it, and none of another session."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from milepost.access.services import AnyRequest
from milepost.access.sessions import cookie_name

FIELD: Final = "_csrf_token"
_HEADER: Final = "x-csrftoken"
_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_FORMS: Final = (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART)
#: A longer one brings its token in the header: nobody's is read before it is known whose it is.
_LONGEST: Final = 1024 * 1024
#: What the cookie holds: who has no session yet is told apart by it.
_BROWSER = re.compile(r"[0-9a-f]{32}")


class FormGuard(ASGIMiddleware):
    """Gives every page its token, as Litestar's `csrf_input`, and refuses what is sent without it.

    It stands behind the session's middleware. Without a session the token is the browser's alone; with one it is
    another, so that signing in and out makes every earlier one worthless.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, secret: bytes, *, https: bool, exclude: tuple[str, ...]) -> None:
        """`exclude`: patterns of paths that take no notice of forms."""
        self._secret = secret
        self._cookie = cookie_name("milepost_csrf", https=https)
        self._https = https
        self.exclude_path_pattern = exclude

    def token(self, cookies: Mapping[str, str], session: object) -> str:
        """What a form of this browser and session carries; empty for a browser that has not seen a page yet."""
        browser = cookies.get(self._cookie, "")
        return self._token(browser, session) if _BROWSER.fullmatch(browser) else ""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Raises PermissionDeniedException for a form that was made for another session, or by another site."""
        request: AnyRequest = scope["litestar_app"].request_class(scope=scope, receive=receive)
        session = scope.get("session")
        token = self.token(request.cookies, session)
        if request.method in _SAFE:
            if not token:
                browser = secrets.token_hex(16)
                token, send = self._token(browser, session), self._with_cookie(send, browser)
        elif not token or not hmac.compare_digest(token.encode(), (await _sent(request)).encode(errors="replace")):
            raise PermissionDeniedException("This form was not made for this session. Load its page again.")
        ScopeState.from_scope(scope).csrf_token = token
        await next_app(scope, receive, send)

    def _token(self, browser: str, session: object) -> str:
        claimed = session.get("session") if isinstance(session, dict) else None
        return hmac.new(self._secret, f"{browser} {claimed or ''}".encode(), hashlib.sha256).hexdigest()

    def _with_cookie(self, send: Send, browser: str) -> Send:
        cookie = Cookie(key=self._cookie, value=browser, path="/", secure=self._https, httponly=True, samesite="lax")

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))
            await send(message)

        return wrapped


def _length(request: AnyRequest) -> int:
    told = request.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() else _LONGEST + 1


async def _sent(request: AnyRequest) -> str:
    """The token that came with the request; one that is no text is none."""
    sent: Any = request.headers.get(_HEADER)
    if sent is None and request.content_type[0] in _FORMS and _length(request) <= _LONGEST:
        sent = (await request.form()).get(FIELD)
    return sent if isinstance(sent, str) else ""
