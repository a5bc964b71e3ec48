"""A small ASGI application that shows what the server does for the real one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg

from milepost.settings import load_settings

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def create_app() -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    settings = load_settings()

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": message["type"] + ".complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        status, body = 200, str(os.getpid())
        if scope["path"] == "/slow":
            await asyncio.sleep(float(scope["query_string"]))
        elif scope["path"] == "/count":
            status, body = await asyncio.to_thread(count, settings.database_url)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body.encode()})

    return app


def count(dsn: str) -> tuple[int, str]:
    """Adds a row and answers how many there are; 503 while the database is away."""
    try:
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS visits (n int)")
            connection.execute("INSERT INTO visits VALUES (1)")
            row = connection.execute("SELECT count(*) FROM visits").fetchone()
    except psycopg.OperationalError as error:
        return 503, str(error)
    assert row is not None
    return 200, str(row[0])


def broken_app() -> None:
    raise RuntimeError("this application does not start")
