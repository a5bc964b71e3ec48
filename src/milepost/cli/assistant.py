"""`milepost mcp`: what an assistant (Claude, Cursor, VS Code ...) starts to read a Milepost server."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated, Optional

import typer

from milepost.client.config import normalise_host
from milepost.errors import InvalidRequest
from milepost.vocabulary import DEFAULT_HOST


def mcp(
    host: Annotated[Optional[str], typer.Option(help="The server; default MILEPOST_HOST.")] = None,
    api_key: Annotated[
        Optional[str],
        typer.Option(help="A secret key, or a customer's token; default MILEPOST_API_KEY, or MILEPOST_SECRET_KEY."),
    ] = None,
) -> None:
    """Answer an assistant over standard input and output (Model Context Protocol). It can read, and change nothing."""
    environ = os.environ.get
    key = api_key or environ("MILEPOST_API_KEY") or environ("MILEPOST_SECRET_KEY") or ""
    if not key:
        raise InvalidRequest(
            "A secret key or a customer's token is needed: --api-key, or MILEPOST_API_KEY.", field="api_key"
        )
    try:
        url = normalise_host(host or environ("MILEPOST_HOST") or DEFAULT_HOST)
    except ValueError as error:
        raise InvalidRequest(f"--host: {error}", field="host") from error

    from milepost.assist.stdio import serve_stdio  # other commands need none of it

    asyncio.run(serve_stdio(url, key))
