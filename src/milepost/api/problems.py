"""Every failure as `{"code", "message", "field"}`: ours, Litestar's, and the unexpected ones."""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from prometheus_client import Counter

from milepost.errors import Problem

#: Headers that belong to an error: what else is allowed (405), when to come back (429).
_KEPT = ("allow", "retry-after")
_log = logging.getLogger(__name__)
UNANSWERED = Counter(
    "milepost_http_unanswered_total", "Requests to an address or by a method that is not there.", ("status",)
)
_UNANSWERED = (404, 405)
#: What Litestar says when the connection ends before the body does.
_GONE = "client disconnected prematurely"
_CODES = {
    400: "invalid_value",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}


_MISSING = re.compile(r"Object missing required field `(\w+)`")


class ErrorBody(msgspec.Struct):
    """What every error answers. `detail` repeats the message for Segment's SDKs, which read that."""

    code: str
    message: str
    field: str | None
    detail: str


def problem_response(error: Problem) -> Response[bytes]:
    """The answer to one of our own problems."""
    return _response(error.status, error.code, error.message, error.field, error.retry_after)


def on_problem(request: Request[Any, Any, Any], error: Problem) -> Response[bytes]:  # noqa: ARG001
    return problem_response(error)


def on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:  # noqa: ARG001
    field = None
    message = error.detail or "The request cannot be answered."
    if isinstance(error, ValidationException) and isinstance(error.extra, list) and error.extra:
        first = error.extra[0]
        if isinstance(first, dict):
            field = str(first.get("key")) if first.get("key") else None
            message = f"{first.get('message', message)}"
            if missing := _MISSING.match(message):
                # `data` is what the handler calls the whole body, which its sender never named.
                field = missing[1] if field in (None, "data") else f"{field}.{missing[1]}"
                message = f"{field} is missing."
    if error.status_code in _UNANSWERED:
        UNANSWERED.labels(str(error.status_code)).inc()
    if message == _GONE:
        # Nobody reads the answer; Litestar takes it for a fault of ours.
        return _response(400, "invalid_request", "The body ended too early. Send it whole.", None, None)
    if error.status_code >= 500:
        _log.error("unexpected %s: %s", type(error).__name__, message)
    # Litestar's limits say it in a header of their own.
    reset = (error.headers or {}).get("RateLimit-Reset", "")
    retry_after = max(int(reset) if reset.isdigit() else 1, 1) if error.status_code == 429 else None
    code = _CODES.get(error.status_code, "invalid_request" if error.status_code < 500 else "internal")
    response = _response(error.status_code, code, message, field, retry_after)
    for name, value in (error.headers or {}).items():
        if name.lower() in _KEPT:
            response.headers.setdefault(name, value)
    return response


def on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A mistake of ours: logged with its trace, answered without it."""
    _log.error("unexpected error at %s %s", request.method, request.url.path, exc_info=error)
    return _response(500, "internal", "Something went wrong in Milepost; its log has the details.", None, None)


def _response(status: int, code: str, message: str, field: str | None, retry_after: int | None) -> Response[bytes]:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == 413:
        # What is left of the body is not read, so nothing more can come over this connection.
        headers["Connection"] = "close"
    body = msgspec.json.encode(ErrorBody(code, message, field, message))
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers)
