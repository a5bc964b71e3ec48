"""The dashboard's own files: their addresses, their caching, and what a browser may load beside them (nothing)."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from litestar import Router, get
from litestar.datastructures import CacheControlHeader
from litestar.response import File
from litestar.static_files import create_static_files_router

from milepost.access.callers import ACCESS, Caller

STATIC_DIR: Final = Path(__file__).parent / "static"

#: Goes with every page. Scripts and styles come from files alone; PNG download draws through blob:.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


@cache
def static(path: str) -> str:
    """The address of a file under static/, with its content in the query: a changed file is a new address.

    Raises FileNotFoundError for a name that is not there, so a typing error shows in the first test.
    """
    digest = hashlib.sha256((STATIC_DIR / path).read_bytes()).hexdigest()
    return f"/static/{path}?v={digest[:10]}"


@get("/milepost.js", media_type="text/javascript", include_in_schema=False, access=Caller.ANYBODY)
async def browser_sdk() -> File:
    """The browser SDK for a script tag. Its address has no hash, so a browser asks again after an hour."""
    return File(
        STATIC_DIR / "milepost.js",
        media_type="text/javascript",
        content_disposition_type="inline",
        headers={"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"},
    )


def static_router() -> Router:
    """Serves static/. Addresses carry a hash and fonts a version, so a browser may keep them for a year."""
    return create_static_files_router(
        path="/static",
        directories=[STATIC_DIR],
        cache_control=CacheControlHeader(max_age=365 * 24 * 3600, public=True, immutable=True),
        include_in_schema=False,
        opt={ACCESS: Caller.ANYBODY},
    )
